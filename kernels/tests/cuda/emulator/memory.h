// Memory that a kernel may touch: each allocation ends at a page that faults, and after it was freed all of it faults.
#pragma once
#include <cstddef>
#include <cstdint>

namespace emulator {

// Allocations start at a multiple of this, as cuMemAlloc's do.
constexpr size_t alignment = 256;

// `bytes` bytes of 0xA5, or null. What rounding up leaves behind them is watched too, but only when they are freed.
extern "C" void* emulator_allocate(size_t bytes);

// Gives the bytes back and leaves their pages faulting; false when `start` is not the start of a live allocation.
// A write behind its end is reported, and the process ended.
extern "C" bool emulator_free(void* start);

// Whether [start, start + bytes) lies in one live allocation.
extern "C" bool emulator_holds(const void* start, size_t bytes);

// Live allocations, and their bytes.
extern "C" size_t emulator_live_allocations();
extern "C" size_t emulator_live_bytes();

// "8 bytes behind a live allocation of 64 bytes"; false when the address is near none.
bool describe_address(const void* address, char* text, size_t text_bytes);

}  // namespace emulator
