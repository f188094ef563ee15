// Shared memory of a block: poisoned at its start, so that what is read before it was written shows.
#pragma once
#include <cstddef>

#include "block.h"

namespace emulator {

// Fills the __shared__ variables and the first `dynamic_bytes` of the dynamic array with 0xA5, and makes the pages
// behind them fault.
void poison_shared(const Kernel& kernel, size_t dynamic_bytes);

// Reports a write behind the dynamic array that stayed on its last page.
void check_shared(const Kernel& kernel, size_t dynamic_bytes);

// Reports what no device would launch: sizes of zero, too many threads, too much shared memory.
void check_launch(const Kernel& kernel, const unsigned grid[3], const unsigned block[3], size_t dynamic_bytes);

}  // namespace emulator
