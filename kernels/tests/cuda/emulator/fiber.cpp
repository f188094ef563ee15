// Fibers: see fiber.h.
#include "fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "block.h"

#ifndef __x86_64__
#error "the emulator switches fibers in x86-64 assembly; add the switch of this machine"
#endif

asm(R"(
.text
.globl emulator_switch
.type emulator_switch, @function
emulator_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size emulator_switch, .-emulator_switch
)");

namespace emulator {
namespace {

constexpr size_t page = 4096;
constexpr size_t stride = page + stack_bytes;

// The stacks of one CPU thread, made once and given back when it ends.
struct Stacks {
    char* base = nullptr;

    char* get() {
        if (base != nullptr) return base;
        void* made = mmap(nullptr, stride * threads_max, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (made == MAP_FAILED) {
            perror("emulator: no memory for stacks");
            abort();
        }
        base = static_cast<char*>(made);
        for (unsigned i = 0; i < threads_max; i++) mprotect(base + i * stride, page, PROT_NONE);
        return base;
    }

    ~Stacks() {
        if (base != nullptr) munmap(base, stride * threads_max);
    }
};
thread_local Stacks stacks;

}  // namespace

char* stack_end(unsigned i) { return stacks.get() + (i + 1) * stride; }

int stack_overflowed_at(const void* address) {
    if (stacks.base == nullptr) return -1;
    uintptr_t offset = reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(stacks.base);
    if (offset >= stride * threads_max || offset % stride >= page) return -1;
    return static_cast<int>(offset / stride);
}

void* prepare(char* end, void (*entry)()) {
    // From the top: a return address that nobody uses, so that the stack is aligned as after a call; the address that
    // `ret` takes; six registers.
    void** top = reinterpret_cast<void**>(end);
    *--top = nullptr;
    *--top = reinterpret_cast<void*>(entry);
    for (int i = 0; i < 6; i++) *--top = nullptr;
    return top;
}

}  // namespace emulator
