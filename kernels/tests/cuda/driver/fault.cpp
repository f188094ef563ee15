// Faults on demand, and what tests may ask the stand-in.
//
//   INLAND_CUDA_FAULT="cuMemAlloc_v2:3:2,kernel:1:702"    the third cuMemAlloc_v2 is out of memory (2), the first kernel
//                                                         that runs times out (702) — a call number of 0 means every one
// `kernel` and `copy` fail while they run, so the error comes out of a later synchronisation, as on a device.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "driver.h"

namespace driver {
namespace {

struct Fault {
    uint64_t at;  // call number since the fault was set; 0: every call
    Result code;
    uint64_t calls = 0;
};

struct Faults {
    std::map<std::string, Fault> by_name;
    std::map<std::string, uint64_t> calls;
    bool read = false;
};

Faults& faults() {
    static Faults& one = *new Faults;
    return one;
}

void read_environment(Faults& f) {
    f.read = true;
    const char* text = getenv("INLAND_CUDA_FAULT");
    while (text != nullptr && *text != 0) {
        char name[64];
        unsigned long at;
        int code, length = 0;
        if (sscanf(text, "%63[^:]:%lu:%d%n", name, &at, &code, &length) != 3 || (text[length] != ',' && text[length] != 0)) {
            fprintf(stderr, "stand-in driver: INLAND_CUDA_FAULT is FUNCTION:N:CODE[,…], not %s\n", text);
            abort();
        }
        f.by_name[name] = {at, static_cast<Result>(code)};
        text += length + (text[length] == ',');
    }
}

}  // namespace

// The errors after which "the process must be terminated and relaunched" (CUDA Driver API, CUresult).
bool is_lasting(Result result) { return result == EccUncorrectable || result == 220 || (result >= 700 && result < 720 && result != LaunchOutOfResources); }

Result injected(const std::string& what) {
    Faults& f = faults();
    if (!f.read) read_environment(f);
    f.calls[what]++;
    auto found = f.by_name.find(what);
    if (found == f.by_name.end()) return Success;
    Fault& fault = found->second;
    fault.calls++;
    return fault.at == 0 || fault.calls == fault.at ? fault.code : Success;
}

}  // namespace driver

using namespace driver;

// The n-th call of `name` from now on returns `code`; n = 0: every call. A code of 0 takes the fault away.
EXPORTED void standin_fault(const char* name, uint64_t n, int code) {
    Lock lock(state().lock);
    if (!faults().read) read_environment(faults());
    faults().by_name.erase(name);
    if (code != 0) faults().by_name[name] = {n, static_cast<Result>(code)};
}

// How often a function was called, or work of a kind (`kernel`, `copy`) ran.
EXPORTED uint64_t standin_calls(const char* name) {
    Lock lock(state().lock);
    return faults().calls[name];
}

// Device and pinned allocations that have not been freed.
EXPORTED size_t standin_live_allocations() {
    Lock lock(state().lock);
    return state().allocations.size();
}

// Allocations that lived when the primary context was destroyed.
EXPORTED size_t standin_leaked() {
    Lock lock(state().lock);
    return state().leaked;
}

// Streams, events and modules that have not been destroyed.
EXPORTED size_t standin_live_handles() {
    Lock lock(state().lock);
    return state().streams.size() + state().events.size() + state().modules.size();
}

// Pieces of work that have been queued and not run.
EXPORTED size_t standin_pending() {
    Lock lock(state().lock);
    return state().pending.size();
}

// The order of work and the schedule of the kernels from now on.
EXPORTED void standin_seed(uint64_t seed) {
    Lock lock(state().lock);
    state().random = emulator::Random(seed);
    state().kernel_seed = seed;
}
