// Shared memory of a block: see shared.h.
//
// `__shared__` is `thread_local`: the one storage class that C++ allows both for a variable in a function and after
// `extern`. So the __shared__ variables of a kernel's file are the thread-local segment of its library, and nothing
// else is in it.
#include "shared.h"

#include <link.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "report.h"

namespace emulator {
namespace {

constexpr unsigned char poison = 0xA5;
constexpr size_t page = 4096;

struct Segment {
    unsigned char* start = nullptr;
    size_t bytes = 0;
};

// The thread-local segment that holds `wanted`, in this thread.
Segment segment_of(const void* wanted) {
    struct Search {
        const unsigned char* wanted;
        Segment found;
    } search{static_cast<const unsigned char*>(wanted), {}};
    auto visit = [](dl_phdr_info* info, size_t, void* data) {
        Search& asked = *static_cast<Search*>(data);
        auto* start = static_cast<unsigned char*>(info->dlpi_tls_data);
        for (int i = 0; start != nullptr && i < info->dlpi_phnum; i++) {
            const auto& header = info->dlpi_phdr[i];
            if (header.p_type != PT_TLS) continue;
            if (asked.wanted >= start && asked.wanted < start + header.p_memsz) {
                asked.found = {start, header.p_memsz};
                return 1;
            }
        }
        return 0;
    };
    dl_iterate_phdr(visit, &search);
    return search.found;
}

// The last kernel's segment in this thread: a launch of many blocks asks once.
Segment segment(const Kernel& kernel) {
    thread_local const Kernel* known = nullptr;
    thread_local Segment found;
    if (known != &kernel) {
        found = segment_of(kernel.shared());
        known = &kernel;
    }
    return found;
}

unsigned char* next_page(unsigned char* address) {
    return reinterpret_cast<unsigned char*>((reinterpret_cast<uintptr_t>(address) + page - 1) / page * page);
}

// The dynamic array's pages from the first that the launch may not touch to its last.
void protect_behind(unsigned char* array, size_t dynamic_bytes, int protection) {
    unsigned char* from = next_page(array + dynamic_bytes);
    unsigned char* end = array + dynamic_bytes_reserved;
    if (from < end) mprotect(from, static_cast<size_t>(end - from), protection);
}

}  // namespace

void poison_shared(const Kernel& kernel, size_t dynamic_bytes) {
    Segment all = segment(kernel);
    if (kernel.dynamic == nullptr) {
        memset(all.start, poison, all.bytes);
        return;
    }
    unsigned char* array = kernel.dynamic();
    unsigned char* end = array + dynamic_bytes_reserved;
    memset(all.start, poison, static_cast<size_t>(array - all.start));
    memset(end, poison, static_cast<size_t>(all.start + all.bytes - end));
    unsigned char* guard = next_page(array + dynamic_bytes);
    memset(array, poison, static_cast<size_t>(guard - array));
    protect_behind(array, dynamic_bytes, PROT_NONE);
}

void check_shared(const Kernel& kernel, size_t dynamic_bytes) {
    if (kernel.dynamic == nullptr) return;
    unsigned char* array = kernel.dynamic();
    protect_behind(array, dynamic_bytes, PROT_READ | PROT_WRITE);
    unsigned char* guard = next_page(array + dynamic_bytes);
    for (unsigned char* at = array + dynamic_bytes; at < guard; at++) {
        if (*at != poison) report_shared_overrun(dynamic_bytes, static_cast<size_t>(at - array));
    }
}

void check_launch(const Kernel& kernel, const unsigned grid[3], const unsigned block[3], size_t dynamic_bytes) {
    // Limits: CUDA C++ Programming Guide, "Technical Specifications per Compute Capability".
    bool good = grid[0] > 0 && grid[0] <= 0x7fffffff && grid[1] > 0 && grid[1] <= 65535 && grid[2] > 0 &&
                grid[2] <= 65535 && block[0] > 0 && block[0] <= 1024 && block[1] > 0 && block[1] <= 1024 &&
                block[2] > 0 && block[2] <= 64 && uint64_t{block[0]} * block[1] * block[2] <= threads_max;
    if (!good) report_bad_launch(kernel, "the grid or block has a size that no device takes");
    if (dynamic_bytes > shared_bytes_max) {
        report_bad_launch(kernel, "more shared memory than a block can have");
    }
}

}  // namespace emulator
