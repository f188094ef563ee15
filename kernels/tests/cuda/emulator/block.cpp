// The threads of a block, their order, their barrier: see block.h.
#include "block.h"

#include <cstring>
#include <utility>
#include <vector>

#include "fiber.h"
#include "random.h"
#include "report.h"
#include "shared.h"
#include "warp.h"

namespace emulator {

constinit thread_local Block running = {};

namespace {

// The state of the CPU thread's running launch that no kernel reads.
struct Launch {
    const Kernel* kernel = nullptr;
    void** parameters = nullptr;
    uint64_t seed = 0;
    Random random{0};
    std::vector<Thread> threads;
    std::vector<unsigned> ready;  // threads that can run; the next one is taken from the end
    unsigned alive = 0;           // threads that have not ended
    unsigned waiting = 0;         // threads in the barrier
    unsigned yes = 0;             // of them, those with a true predicate
    Place place = {};             // of the first that came to the barrier
    Votes votes = {};             // of the last barrier that opened
    void* outside = nullptr;      // the stack of the caller
};
thread_local Launch launch;

// Makes a thread ready. In order: those that wait longest are at the end. Shuffled: it swaps places with any other.
void make_ready(unsigned thread) {
    std::vector<unsigned>& ready = launch.ready;
    ready.push_back(thread);
    if (launch.seed > 1) std::swap(ready.back(), ready[launch.random.below(ready.size())]);
}

// All threads but the current one, as many as wait in the barrier, come back.
void open_barrier() {
    launch.votes = {launch.yes, launch.waiting};
    launch.waiting = launch.yes = 0;
    // The last made ready runs first: backwards for the order 0, 1, 2, …
    unsigned count = static_cast<unsigned>(launch.threads.size());
    for (unsigned i = 0; i < count; i++) {
        Thread& thread = launch.threads[launch.seed == 1 ? i : count - 1 - i];
        if (thread.wait != Wait::Barrier) continue;
        thread.wait = Wait::Nothing;
        make_ready(thread.linear);
    }
}

// Leaves the current thread for the next one that can run.
void next() {
    Thread* from = running.current;
    if (launch.ready.empty()) report_deadlock(launch.threads);
    Thread* to = &launch.threads[launch.ready.back()];
    launch.ready.pop_back();
    if (to == from) return;
    running.current = to;
    emulator_switch(&from->stack_pointer, to->stack_pointer);
}

// The first function on every fiber.
void run_thread() {
    launch.kernel->call(launch.parameters);
    Thread& thread = *running.current;
    thread.wait = Wait::Ended;
    launch.alive--;
    // Who has ended is not waited for (CUDA C++ Programming Guide, 10.6: "all non-exited threads in the block").
    if (launch.waiting > 0 && launch.waiting == launch.alive) open_barrier();
    release_warp(launch.threads, thread);
    if (launch.alive == 0) emulator_switch(&thread.stack_pointer, launch.outside);
    next();
    __builtin_unreachable();
}

void start_threads(const unsigned size[3]) {
    unsigned count = size[0] * size[1] * size[2];
    launch.threads.assign(count, Thread{});
    launch.ready.clear();
    launch.alive = count;
    launch.waiting = launch.yes = 0;
    for (unsigned i = 0; i < count; i++) {
        Thread& thread = launch.threads[i];
        thread.index = {i % size[0], i / size[0] % size[1], i / (size[0] * size[1])};
        thread.linear = i;
        thread.stack_pointer = prepare(stack_end(i), run_thread);
    }
    for (unsigned i = 0; i < count; i++) make_ready(launch.seed == 1 ? i : count - 1 - i);
}

void run_block(const unsigned size[3], size_t dynamic_bytes) {
    poison_shared(*launch.kernel, dynamic_bytes);
    start_threads(size);
    running.current = &launch.threads[launch.ready.back()];
    launch.ready.pop_back();
    emulator_switch(&launch.outside, running.current->stack_pointer);
    check_shared(*launch.kernel, dynamic_bytes);
}

}  // namespace

Votes barrier(bool predicate, Place place) {
    Thread& thread = *running.current;
    thread.wait = Wait::Barrier;
    thread.place = place;
    if (launch.waiting == 0) launch.place = place;
    if (place.line != launch.place.line || strcmp(place.file, launch.place.file) != 0) {
        report_divergent_barrier(launch.place, place);
    }
    launch.waiting++;
    launch.yes += predicate;
    if (launch.waiting == launch.alive) open_barrier();
    next();
    return launch.votes;
}

uint64_t collective(Operation operation, uint32_t mask, uint64_t value, uint32_t source, Place place) {
    Thread& thread = *running.current;
    thread.operation = operation;
    thread.mask = mask;
    thread.value = value;
    thread.source = source;
    thread.place = place;
    thread.wait = Wait::Warp;
    if ((mask >> thread.linear % 32 & 1) == 0) report_lane_outside_mask(thread);
    release_warp(launch.threads, thread);
    next();
    return thread.result;
}

void warp_thread_released(const Thread& thread) { make_ready(thread.linear); }

void preempt() {
    if (launch.seed <= 1 || launch.random.below(2) != 0) return;
    make_ready(running.current->linear);
    next();
}

void trap(Place place) { report_trap(place); }

extern "C" void emulator_launch(const Kernel* kernel, const unsigned grid[3], const unsigned block[3],
                                size_t dynamic_bytes, void** parameters, uint64_t seed) {
    Reporting reporting(kernel);  // faults are reported, and the launch may not last for ever
    check_launch(*kernel, grid, block, dynamic_bytes);
    launch.kernel = kernel;
    launch.parameters = parameters;
    launch.seed = seed;
    launch.random = Random(seed);
    running.block_size = {block[0], block[1], block[2]};
    running.grid_size = {grid[0], grid[1], grid[2]};
    uint64_t blocks = uint64_t{grid[0]} * grid[1] * grid[2];
    Order order(blocks, seed);
    for (uint64_t i = 0; i < blocks; i++) {
        uint64_t b = order.at(i);
        running.block_index = {static_cast<unsigned>(b % grid[0]), static_cast<unsigned>(b / grid[0] % grid[1]),
                               static_cast<unsigned>(b / grid[0] / grid[1])};
        run_block(block, dynamic_bytes);
    }
    running.current = nullptr;
}

}  // namespace emulator
