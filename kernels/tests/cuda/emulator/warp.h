// Warp operations (shuffles, votes, matches, reductions): who waits for whom, and what each lane gets.
#pragma once
#include <vector>

#include "block.h"

namespace emulator {

// Called when `thread` came to a warp operation or ended: lets go of every group of its warp that is now complete.
void release_warp(std::vector<Thread>& threads, const Thread& thread);

// block.cpp: the thread has its result and can run again.
void warp_thread_released(const Thread& thread);

}  // namespace emulator
