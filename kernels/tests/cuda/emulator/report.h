// Reports: what a kernel did wrong, with kernel, block, thread and line, on stderr; then the process ends with SIGABRT.
// A mistake of a kernel is never turned into an error code: no test shall take it for an expected failure.
#pragma once
#include <signal.h>

#include <vector>

#include "block.h"

namespace emulator {

// Lives as long as a launch: address faults are reported, and a launch that does not end in
// INLAND_EMULATOR_SECONDS (60 without it) is.
class Reporting {
public:
    explicit Reporting(const Kernel* kernel);
    ~Reporting();
    Reporting(const Reporting&) = delete;
    Reporting& operator=(const Reporting&) = delete;

private:
    void* timer = nullptr;
    stack_t stack_before = {};
};

// From now on also what touches guarded memory outside any kernel is reported.
extern "C" void emulator_watch();

[[noreturn]] void report_deadlock(const std::vector<Thread>& threads);
[[noreturn]] void report_divergent_barrier(Place first, Place second);
[[noreturn]] void report_divergent_warp(const Thread& first, const Thread& second);
[[noreturn]] void report_lane_outside_mask(const Thread& thread);
[[noreturn]] void report_shared_overrun(size_t dynamic_bytes, size_t offset);
[[noreturn]] void report_bad_launch(const Kernel& kernel, const char* why);
[[noreturn]] void report_trap(Place place);

}  // namespace emulator
