// Guarded memory: see memory.h.
//
//   | guard page | pages, the allocation at their end, rounded up to 256 bytes | guard page |
//
// Freed ones stay mapped without access, the oldest are unmapped when there are many.
#include "memory.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>

namespace emulator {
namespace {

constexpr size_t page = 4096;
constexpr size_t freed_max = 1024;
constexpr unsigned char poison = 0xA5;

struct Allocation {
    unsigned char* start;
    size_t bytes;
    unsigned char* mapped;
    size_t mapped_bytes;
    bool live;
};

struct Memory {
    std::mutex lock;
    std::map<uintptr_t, Allocation> by_start;
    std::deque<uintptr_t> freed;
    size_t live = 0, live_bytes = 0;
};

// Never destroyed: threads may still allocate while the process ends.
Memory& memory() {
    static Memory& one = *new Memory;
    return one;
}

size_t rounded_up(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }
uintptr_t number(const void* address) { return reinterpret_cast<uintptr_t>(address); }

// The allocation that starts at or before `address`; the memory is locked.
Allocation* before(Memory& m, uintptr_t address) {
    auto after = m.by_start.upper_bound(address);
    return after == m.by_start.begin() ? nullptr : &std::prev(after)->second;
}

void check_slack(const Allocation& a) {
    for (size_t i = a.bytes; i < rounded_up(a.bytes, alignment); i++) {
        if (a.start[i] == poison) continue;
        fprintf(stderr, "\nemulator: byte %zu of an allocation of %zu bytes was written to\n", i, a.bytes);
        abort();
    }
}

void forget_oldest_freed(Memory& m) {
    if (m.freed.size() <= freed_max) return;
    auto found = m.by_start.find(m.freed.front());
    m.freed.pop_front();
    munmap(found->second.mapped, found->second.mapped_bytes);
    m.by_start.erase(found);
}

}  // namespace

extern "C" void* emulator_allocate(size_t bytes) {
    if (bytes == 0 || bytes > size_t{1} << 36) return nullptr;
    size_t inner = rounded_up(bytes, page);
    size_t all = inner + 2 * page;
    void* mapped = mmap(nullptr, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    auto* base = static_cast<unsigned char*>(mapped);
    if (mprotect(base + page, inner, PROT_READ | PROT_WRITE) != 0) {
        munmap(mapped, all);
        return nullptr;
    }
    unsigned char* start = base + page + inner - rounded_up(bytes, alignment);
    memset(base + page, poison, inner);
    Memory& m = memory();
    std::lock_guard guard(m.lock);
    m.by_start[number(start)] = {start, bytes, base, all, true};
    m.live++;
    m.live_bytes += bytes;
    return start;
}

extern "C" bool emulator_free(void* start) {
    Memory& m = memory();
    std::lock_guard guard(m.lock);
    auto found = m.by_start.find(number(start));
    if (found == m.by_start.end() || !found->second.live) return false;
    Allocation& a = found->second;
    check_slack(a);
    a.live = false;
    madvise(a.mapped, a.mapped_bytes, MADV_DONTNEED);
    mprotect(a.mapped, a.mapped_bytes, PROT_NONE);
    m.live--;
    m.live_bytes -= a.bytes;
    m.freed.push_back(found->first);
    forget_oldest_freed(m);
    return true;
}

extern "C" bool emulator_holds(const void* start, size_t bytes) {
    Memory& m = memory();
    std::lock_guard guard(m.lock);
    const Allocation* a = before(m, number(start));
    if (a == nullptr || !a->live) return false;
    size_t offset = number(start) - number(a->start);
    return offset <= a->bytes && bytes <= a->bytes - offset;
}

extern "C" size_t emulator_live_allocations() {
    Memory& m = memory();
    std::lock_guard guard(m.lock);
    return m.live;
}

extern "C" size_t emulator_live_bytes() {
    Memory& m = memory();
    std::lock_guard guard(m.lock);
    return m.live_bytes;
}

bool describe_address(const void* address, char* text, size_t text_bytes) {
    Memory& m = memory();
    // In a signal handler: the thread may hold the lock itself, so it is not waited for.
    if (!m.lock.try_lock()) return false;
    uintptr_t at = number(address);
    bool found = false;
    for (const auto& [start, a] : m.by_start) {
        if (at < number(a.mapped) || at >= number(a.mapped) + a.mapped_bytes) continue;
        const char* kind = a.live ? "live" : "freed";
        if (at < start) {
            snprintf(text, text_bytes, "%zu bytes before a %s allocation of %zu bytes", start - at, kind, a.bytes);
        } else if (at >= start + a.bytes) {
            snprintf(text, text_bytes, "%zu bytes behind a %s allocation of %zu bytes", at - start - a.bytes, kind, a.bytes);
        } else {
            snprintf(text, text_bytes, "byte %zu of a %s allocation of %zu bytes", at - start, kind, a.bytes);
        }
        found = true;
        break;
    }
    m.lock.unlock();
    return found;
}

}  // namespace emulator
