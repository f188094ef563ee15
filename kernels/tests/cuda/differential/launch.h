// Buffers of the device and launches, over ../emulator.
#pragma once
#include "emulator.h"
#include "memory.h"

#include <cstdlib>

// So many of T at an address of their own, with a page that faults behind the last; poisoned at first.
template <class T>
struct Buffer {
    T* data = nullptr;

    explicit Buffer(size_t count) { allocate(count); }
    ~Buffer() { emulator::emulator_free(data); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    void resize(size_t count) {
        emulator::emulator_free(data);
        allocate(count);
    }

private:
    void allocate(size_t count) {
        // An empty one is asked for too: nothing of it may be touched.
        data = static_cast<T*>(emulator::emulator_allocate(count == 0 ? 1 : count * sizeof(T)));
        if (data == nullptr) {
            fprintf(stderr, "differential: no memory\n");
            exit(2);
        }
    }
};

// Runs one kernel over `grid` blocks of `threads` threads; its parameters must have the sizes that it wants.
template <class... Parameters>
void launch(const emulator::Kernel& kernel, u32 grid, u32 threads, u32 seed, Parameters... parameters) {
    const unsigned sizes[] = {sizeof(Parameters)...};
    bool fits = kernel.count == sizeof...(Parameters);
    for (unsigned index = 0; fits && index < kernel.count; index++) {
        fits = sizes[index] == kernel.sizes[index];
    }
    if (!fits) {
        fprintf(stderr, "differential: %s has other parameters\n", kernel.name);
        exit(2);
    }
    const unsigned blocks[3] = {grid, 1, 1}, block[3] = {threads, 1, 1};
    void* pointers[] = {&parameters...};
    emulator::emulator_launch(&kernel, blocks, block, 0, pointers, seed);
}
