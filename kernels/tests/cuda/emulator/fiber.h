// Fibers: the stacks that the threads of a block run on, and the switch between them.
// Not ucontext: swapcontext saves the signal mask with a system call each time, which made it 19 times slower.
#pragma once
#include <cstddef>

namespace emulator {

// Saves the callee-saved registers of the System V ABI on the stack, leaves its pointer in *from, and goes on at `to`.
// The floating-point control words are not saved: kernels do not change them.
extern "C" void emulator_switch(void** from, void* to);

constexpr size_t stack_bytes = 64 * 1024;

// The calling CPU thread's stack number `i`. Below each stack is a page that faults.
char* stack_end(unsigned i);

// The stack whose guard page holds `address`, or -1.
int stack_overflowed_at(const void* address);

// A stack pointer with which emulator_switch enters `entry`, which must not return.
void* prepare(char* stack_end, void (*entry)());

}  // namespace emulator
