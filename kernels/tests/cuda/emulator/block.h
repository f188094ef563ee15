// A block of CUDA threads on one CPU thread: every CUDA thread is a fiber, and a fiber runs until it waits or ends.
// What a kernel can observe of others is therefore decided by the order of the fibers, and a seed decides that order.
#pragma once
#include <cstddef>
#include <cstdint>

namespace emulator {

struct Index {
    unsigned x, y, z;
};

// Where in a kernel's source a thread waits; printed when it waits for ever.
struct Place {
    const char* file;
    unsigned line;
};

enum class Wait : uint8_t { Nothing, Barrier, Warp, Ended };
enum class Operation : uint8_t { Sync, Shuffle, Ballot, Match, MatchAll, Add, Min, Max, And, Or, Xor };

// One CUDA thread. The second half is what it brings to, and takes from, the barrier or warp operation it waits in.
struct Thread {
    void* stack_pointer;
    Index index;      // threadIdx
    unsigned linear;  // x fastest; warp = linear / 32, lane = linear % 32
    Wait wait;
    Operation operation;
    uint32_t mask;    // the lanes that take part
    uint32_t source;  // Shuffle: whose value this lane wants
    uint64_t value;
    uint64_t result;
    Place place;
};

// The running block. Kernels read it through threadIdx & co. (emulator.h).
struct Block {
    Thread* current;
    Index block_index, block_size, grid_size;
};
extern constinit thread_local Block running;

// __syncthreads and its variants. Returns how many of the threads brought a true predicate, and how many took part.
struct Votes {
    unsigned yes, all;
};
Votes barrier(bool predicate, Place place);

// All warp operations: waits for the other lanes of `mask`, then returns this lane's result.
uint64_t collective(Operation operation, uint32_t mask, uint64_t value, uint32_t source, Place place);

// A point at which another thread may come first: atomics, and whatever polls.
void preempt();

// The device's __trap(): reported with block, thread and line.
[[noreturn]] void trap(Place place);

// What a compiled kernel tells of itself; EMULATOR_KERNEL in emulator.h makes one.
struct Kernel {
    const char* name;
    void (*call)(void** parameters);
    const unsigned* sizes;  // of the parameters, in bytes
    unsigned count;         // of the parameters
    uint64_t pointers;      // bit i: parameter i is a pointer
    void* (*shared)();      // any address in this thread's copy of the kernel's __shared__ variables
    unsigned char* (*dynamic)();  // this thread's `extern __shared__` array, or null when the source has none
};

// The opt-in limit of shared memory of a block: CUDA C++ Programming Guide, compute capability 9.0 (227 KB).
constexpr size_t shared_bytes_max = 227 * 1024;
constexpr unsigned threads_max = 1024;

// The `extern __shared__` array: that limit in whole pages.
constexpr size_t dynamic_bytes_reserved = (shared_bytes_max + 4095) / 4096 * 4096;

// Runs the whole grid. `seed` 0: blocks and threads in order; 1: in reverse; others: shuffled.
// A kernel's mistake (deadlock, divergent barrier, a bad address) is reported on stderr and ends the process.
extern "C" void emulator_launch(const Kernel* kernel, const unsigned grid[3], const unsigned block[3],
                                size_t dynamic_bytes, void** parameters, uint64_t seed);

}  // namespace emulator
