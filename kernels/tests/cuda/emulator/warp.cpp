// Warp operations: see warp.h.
#include "warp.h"

#include "report.h"

namespace emulator {
namespace {

// What a lane reads from one that takes no part: undefined in CUDA, so here a value that no test expects.
constexpr uint64_t undefined = 0xA5A5A5A5A5A5A5A5u;

// One warp: its first thread, and how many there are (the last warp of a block may be short).
struct Warp {
    Thread* lanes;
    unsigned count;

    // The lanes of `mask` that exist and have not ended: the others are not waited for.
    uint32_t living(uint32_t mask) const {
        uint32_t lanes_alive = 0;
        for (unsigned i = 0; i < count; i++) {
            if ((mask >> i & 1) != 0 && lanes[i].wait != Wait::Ended) lanes_alive |= 1u << i;
        }
        return lanes_alive;
    }

    // Whether all of `group` wait in the operation of `first`. Lanes that name the same mask in different operations
    // wait for each other for ever.
    bool complete(uint32_t group, const Thread& first) const {
        bool all = true;
        for (unsigned i = 0; i < count; i++) {
            if ((group >> i & 1) == 0) continue;
            const Thread& lane = lanes[i];
            if (lane.wait != Wait::Warp || lane.mask != first.mask) {
                all = false;
            } else if (lane.operation != first.operation) {
                report_divergent_warp(first, lane);
            }
        }
        return all;
    }
};

uint64_t combine(Operation operation, uint64_t left, uint64_t right) {
    switch (operation) {
        case Operation::Add: return left + right;
        case Operation::Min: return left < right ? left : right;
        case Operation::Max: return left > right ? left : right;
        case Operation::And: return left & right;
        case Operation::Or: return left | right;
        case Operation::Xor: return left ^ right;
        default: return undefined;
    }
}

// The lanes of `group` for which `test` holds.
template <class Test>
uint32_t lanes_where(const Warp& warp, uint32_t group, Test test) {
    uint32_t found = 0;
    for (unsigned i = 0; i < warp.count; i++) {
        if ((group >> i & 1) != 0 && test(warp.lanes[i])) found |= 1u << i;
    }
    return found;
}

uint64_t reduce(const Warp& warp, uint32_t group, Operation operation) {
    unsigned first = static_cast<unsigned>(__builtin_ctz(group));
    uint64_t result = warp.lanes[first].value;
    for (unsigned i = first + 1; i < warp.count; i++) {
        if ((group >> i & 1) != 0) result = combine(operation, result, warp.lanes[i].value);
    }
    return result;
}

// What `lane` gets from the complete `group`.
uint64_t result_of(const Warp& warp, uint32_t group, const Thread& lane) {
    switch (lane.operation) {
        case Operation::Sync: return 0;
        case Operation::Shuffle: return (group >> lane.source & 1) != 0 ? warp.lanes[lane.source].value : undefined;
        case Operation::Ballot: return lanes_where(warp, group, [](const Thread& t) { return t.value != 0; });
        case Operation::Match: return lanes_where(warp, group, [&](const Thread& t) { return t.value == lane.value; });
        case Operation::MatchAll: {
            uint32_t same = lanes_where(warp, group, [&](const Thread& t) { return t.value == lane.value; });
            return same == group ? group : 0;
        }
        default: return reduce(warp, group, lane.operation);
    }
}

// Lets go of the group that `first` waits in, when it is complete.
bool let_go(const Warp& warp, const Thread& first) {
    uint32_t group = warp.living(first.mask);
    if (!warp.complete(group, first)) return false;
    for (unsigned i = 0; i < warp.count; i++) {
        if ((group >> i & 1) != 0) warp.lanes[i].result = result_of(warp, group, warp.lanes[i]);
    }
    for (unsigned i = warp.count; i-- > 0;) {  // downwards: who is made ready last runs first
        if ((group >> i & 1) == 0) continue;
        warp.lanes[i].wait = Wait::Nothing;
        warp_thread_released(warp.lanes[i]);
    }
    return true;
}

}  // namespace

void release_warp(std::vector<Thread>& threads, const Thread& thread) {
    size_t start = thread.linear / 32 * 32;
    size_t left = threads.size() - start;
    Warp warp{&threads[start], static_cast<unsigned>(left < 32 ? left : 32)};
    if (thread.wait == Wait::Warp) {
        let_go(warp, thread);
        return;
    }
    for (unsigned i = 0; i < warp.count; i++) {
        if (warp.lanes[i].wait == Wait::Warp) let_go(warp, warp.lanes[i]);
    }
}

}  // namespace emulator
