// Device and pinned memory, copies and fills.
//
// All of it is guarded memory of this process (emulator/memory.h) under one address for host and device, as with unified
// addressing. The source of a copy is read, and its target written, when the copy runs and not when it is asked for, but
// for pageable host memory, where CUDA itself has finished with it on return ("API synchronization behavior").
#include "memory.h"

#include <cstring>

#include "driver.h"

namespace driver {
namespace {

size_t memory_left() {
    size_t all = static_cast<size_t>(setting("INLAND_CUDA_MEMORY_MIB", 4096)) << 20;
    return all - state().device_bytes;
}

void* pointer(DevicePointer address) { return reinterpret_cast<void*>(static_cast<uintptr_t>(address)); }

Result allocate(void** start, size_t bytes, Kind kind) {
    if (start == nullptr || bytes == 0) return InvalidValue;
    if (kind == Kind::Device && bytes > memory_left()) return OutOfMemory;
    void* made = emulator::emulator_allocate(bytes);
    if (made == nullptr) return OutOfMemory;
    state().allocations[reinterpret_cast<uintptr_t>(made)] = {bytes, kind};
    if (kind == Kind::Device) state().device_bytes += bytes;
    *start = made;
    return Success;
}

// Whether `start` is an allocation of this kind.
bool is_allocation(const void* start, Kind kind) {
    auto found = state().allocations.find(reinterpret_cast<uintptr_t>(start));
    return found != state().allocations.end() && found->second.second == kind;
}

void release(void* start) {
    auto found = state().allocations.find(reinterpret_cast<uintptr_t>(start));
    if (found->second.second == Kind::Device) state().device_bytes -= found->second.first;
    state().allocations.erase(found);
    emulator::emulator_free(start);
}

Result injected_copy() {
    Lock lock(state().lock);
    return injected("copy");
}

// Queues `run` on the stream or captures it.
Result queue(Stream* handle, std::function<Result()> run, WorkPointer* work = nullptr) {
    Stream* stream = stream_of(handle);
    if (stream == nullptr) return InvalidHandle;
    auto copy = [run = std::move(run)] {
        if (Result failed = injected_copy()) return failed;
        return run();
    };
    if (capturing(*stream)) {
        capture(*stream, {copy, nullptr});
        return Success;
    }
    WorkPointer queued = submit(*stream, copy);
    if (work != nullptr) *work = queued;
    return Success;
}

Result copy(Stream* handle, void* to, const void* from, size_t bytes) {
    return queue(handle, [=] {
        memmove(to, from, bytes);
        return Success;
    });
}

bool captures(Stream* handle) {
    Stream* stream = stream_of(handle);
    return stream != nullptr && capturing(*stream);
}

Result copy_from_host(Stream* handle, DevicePointer to, const void* from, size_t bytes) {
    if (bytes == 0) return Success;
    if (from == nullptr || !is_device(to, bytes)) return InvalidValue;
    if (is_pinned(from, bytes) || captures(handle)) return copy(handle, pointer(to), from, bytes);
    const auto* start = static_cast<const unsigned char*>(from);
    auto staged = std::make_shared<std::vector<unsigned char>>(start, start + bytes);
    return queue(handle, [=] {
        memcpy(pointer(to), staged->data(), staged->size());
        return Success;
    });
}

Result copy_to_host(Stream* handle, void* to, DevicePointer from, size_t bytes, Lock& lock) {
    if (bytes == 0) return Success;
    if (to == nullptr || !is_device(from, bytes)) return InvalidValue;
    if (is_pinned(to, bytes) || captures(handle)) return copy(handle, to, pointer(from), bytes);
    WorkPointer work;
    auto run = [=] {
        memcpy(to, pointer(from), bytes);
        return Success;
    };
    if (Result refused = queue(handle, run, &work)) return refused;
    return finish(work, lock);
}

Result fill(Stream* handle, DevicePointer to, uint32_t value, size_t unit, size_t count) {
    if (count == 0) return Success;
    if (to % unit != 0 || !is_device(to, unit * count)) return InvalidValue;
    return queue(handle, [=] {
        auto* start = static_cast<unsigned char*>(pointer(to));
        if (unit == 1) memset(start, static_cast<int>(value), count);
        for (size_t i = 0; unit > 1 && i < count; i++) memcpy(start + i * unit, &value, unit);
        return Success;
    });
}

// A synchronous call: on the null stream, and done on return.
Result done(Result queued, Lock& lock) {
    return queued != Success ? queued : finish(state().null_stream.last, lock);
}

}  // namespace

bool is_device(uint64_t address, size_t bytes) { return emulator::emulator_holds(pointer(address), bytes); }

bool is_pinned(const void* address, size_t bytes) { return emulator::emulator_holds(address, bytes); }

void free_everything() {
    while (!state().allocations.empty()) release(reinterpret_cast<void*>(state().allocations.begin()->first));
}

}  // namespace driver

using namespace driver;

EXPORTED Result cuMemAlloc_v2(DevicePointer* start, size_t bytes) {
    ENTER(Context);
    if (Result refused = refuse_while_capturing()) return refused;
    void* made = nullptr;
    Result result = allocate(&made, bytes, Kind::Device);
    if (result == Success) *start = reinterpret_cast<uintptr_t>(made);
    return result;
}

// Waits for all work first, as cuMemFree does on a device.
EXPORTED Result cuMemFree_v2(DevicePointer start) {
    ENTER(Context);
    if (start == 0) return Success;
    if (Result refused = refuse_while_capturing()) return refused;
    if (!is_allocation(pointer(start), Kind::Device)) return InvalidValue;
    finish_all(lock);
    release(pointer(start));
    return state().lasting;
}

EXPORTED Result cuMemAllocAsync(DevicePointer* start, size_t bytes, Stream* handle) {
    ENTER(Context);
    Stream* stream = stream_of(handle);
    if (stream == nullptr) return InvalidHandle;
    if (capturing(*stream)) return NotSupported;  // allocation nodes: nothing here needs them
    void* made = nullptr;
    Result result = allocate(&made, bytes, Kind::Device);
    if (result == Success) *start = reinterpret_cast<uintptr_t>(made);
    return result;
}

// In the stream's order: the memory is gone once the work before it is done.
EXPORTED Result cuMemFreeAsync(DevicePointer start, Stream* handle) {
    ENTER(Context);
    Stream* stream = stream_of(handle);
    if (stream == nullptr) return InvalidHandle;
    if (start == 0) return Success;
    if (capturing(*stream)) return NotSupported;
    if (!is_allocation(pointer(start), Kind::Device)) return InvalidValue;
    submit(*stream, [=] {
        Lock relock(state().lock);
        if (is_allocation(pointer(start), Kind::Device)) release(pointer(start));
        return Success;
    });
    return Success;
}

// Flags: 1 portable, 2 mapped, 4 write-combined.
EXPORTED Result cuMemHostAlloc(void** start, size_t bytes, unsigned flags) {
    ENTER(Context);
    if (Result refused = refuse_while_capturing()) return refused;
    if (flags > 7) return InvalidValue;
    return allocate(start, bytes, Kind::Pinned);
}

EXPORTED Result cuMemAllocHost_v2(void** start, size_t bytes) {
    ENTER(Context);
    if (Result refused = refuse_while_capturing()) return refused;
    return allocate(start, bytes, Kind::Pinned);
}

// Does not wait: CUDA does not promise it, so work that still uses the memory faults and is reported.
EXPORTED Result cuMemFreeHost(void* start) {
    ENTER(Context);
    if (start == nullptr) return Success;
    if (!is_allocation(start, Kind::Pinned)) return InvalidValue;
    release(start);
    return Success;
}

EXPORTED Result cuMemHostGetDevicePointer_v2(DevicePointer* device, void* host, unsigned flags) {
    ENTER(Context);
    if (flags != 0 || device == nullptr || !is_pinned(host, 1)) return InvalidValue;
    *device = reinterpret_cast<uintptr_t>(host);
    return Success;
}

EXPORTED Result cuMemcpyHtoDAsync_v2(DevicePointer to, const void* from, size_t bytes, Stream* stream) {
    ENTER(Context);
    return copy_from_host(stream, to, from, bytes);
}

EXPORTED Result cuMemcpyDtoHAsync_v2(void* to, DevicePointer from, size_t bytes, Stream* stream) {
    ENTER(Context);
    return copy_to_host(stream, to, from, bytes, lock);
}

EXPORTED Result cuMemcpyDtoDAsync_v2(DevicePointer to, DevicePointer from, size_t bytes, Stream* stream) {
    ENTER(Context);
    if (bytes == 0) return Success;
    if (!is_device(to, bytes) || !is_device(from, bytes)) return InvalidValue;
    return copy(stream, pointer(to), pointer(from), bytes);
}

// Any of host and device; by where the addresses are.
EXPORTED Result cuMemcpyAsync(DevicePointer to, DevicePointer from, size_t bytes, Stream* stream) {
    ENTER(Context);
    if (is_device(to, bytes)) return copy_from_host(stream, to, pointer(from), bytes);
    return copy_to_host(stream, pointer(to), from, bytes, lock);
}

EXPORTED Result cuMemcpyHtoD_v2(DevicePointer to, const void* from, size_t bytes) {
    ENTER(Context);
    if (Result refused = refuse_while_capturing()) return refused;
    return done(copy_from_host(nullptr, to, from, bytes), lock);
}

EXPORTED Result cuMemcpyDtoH_v2(void* to, DevicePointer from, size_t bytes) {
    ENTER(Context);
    if (Result refused = refuse_while_capturing()) return refused;
    return done(copy_to_host(nullptr, to, from, bytes, lock), lock);
}

EXPORTED Result cuMemcpyDtoD_v2(DevicePointer to, DevicePointer from, size_t bytes) {
    ENTER(Context);
    if (Result refused = refuse_while_capturing()) return refused;
    if (!is_device(to, bytes) || !is_device(from, bytes)) return InvalidValue;
    return done(copy(nullptr, pointer(to), pointer(from), bytes), lock);
}

EXPORTED Result cuMemsetD8Async(DevicePointer to, unsigned char value, size_t count, Stream* stream) {
    ENTER(Context);
    return fill(stream, to, value, 1, count);
}

EXPORTED Result cuMemsetD16Async(DevicePointer to, unsigned short value, size_t count, Stream* stream) {
    ENTER(Context);
    return fill(stream, to, value, 2, count);
}

EXPORTED Result cuMemsetD32Async(DevicePointer to, unsigned value, size_t count, Stream* stream) {
    ENTER(Context);
    return fill(stream, to, value, 4, count);
}

EXPORTED Result cuMemsetD8_v2(DevicePointer to, unsigned char value, size_t count) {
    ENTER(Context);
    if (Result refused = refuse_while_capturing()) return refused;
    return done(fill(nullptr, to, value, 1, count), lock);
}

EXPORTED Result cuMemsetD32_v2(DevicePointer to, unsigned value, size_t count) {
    ENTER(Context);
    if (Result refused = refuse_while_capturing()) return refused;
    return done(fill(nullptr, to, value, 4, count), lock);
}

// A word in device or pinned memory, written when the stream comes to it. Little endian: its low bytes are the value.
EXPORTED Result cuStreamWriteValue32_v2(Stream* stream, DevicePointer to, unsigned value, unsigned flags) {
    ENTER(Context);
    if (flags > 1) return InvalidValue;
    return fill(stream, to, value, 4, 1);
}
