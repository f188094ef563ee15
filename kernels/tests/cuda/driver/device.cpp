// The device and its primary context.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "driver.h"
#include "report.h"

namespace driver {

Driver& state() {
    static Driver& one = *new Driver;
    return one;
}

long setting(const char* name, long otherwise) {
    const char* text = getenv(name);
    if (text == nullptr) return otherwise;
    char* end = nullptr;
    long value = strtol(text, &end, 10);
    if (end == text || *end != 0) {
        fprintf(stderr, "stand-in driver: %s is not a number: %s\n", name, text);
        abort();
    }
    return value;
}

int capability() { return static_cast<int>(setting("INLAND_CUDA_CAPABILITY", 90)); }

namespace {

thread_local bool context_is_current = false;
// The one context's handle; nobody looks behind it.
int primary_context;

size_t memory_bytes() { return static_cast<size_t>(setting("INLAND_CUDA_MEMORY_MIB", 4096)) << 20; }

}  // namespace

Result enter(const char* function, Needs needs, Lock&) {
    Driver& d = state();
    if (getenv("INLAND_CUDA_TRACE") != nullptr) fprintf(stderr, "%s\n", function);
    if (Result code = injected(function)) {
        if (is_lasting(code)) d.lasting = code;
        return code;
    }
    if (needs == Needs::Nothing) return Success;
    if (!d.initialised) return NotInitialized;
    if (needs == Needs::Initialised) return Success;
    if (!context_is_current) return InvalidContext;
    if (d.retained == 0) return ContextIsDestroyed;
    return d.lasting;
}

// CUdevice_attribute; what is not here is 0, "not supported".
int attribute(int number) {
    switch (number) {
        case 1: return 1024;    // MAX_THREADS_PER_BLOCK
        case 2: case 3: return 1024;  // MAX_BLOCK_DIM_X, Y
        case 4: return 64;      // MAX_BLOCK_DIM_Z
        case 5: return 0x7fffffff;  // MAX_GRID_DIM_X
        case 6: case 7: return 65535;  // MAX_GRID_DIM_Y, Z
        case 8: return 48 * 1024;  // MAX_SHARED_MEMORY_PER_BLOCK
        case 10: return 32;     // WARP_SIZE
        case 12: return 65536;  // MAX_REGISTERS_PER_BLOCK
        case 13: return 1980000;  // CLOCK_RATE
        case 16: return 132;    // MULTIPROCESSOR_COUNT
        case 19: return 1;      // CAN_MAP_HOST_MEMORY
        case 31: return 1;      // CONCURRENT_KERNELS
        case 32: return 1;      // ECC_ENABLED
        case 39: return 2048;   // MAX_THREADS_PER_MULTIPROCESSOR
        case 40: return 3;      // ASYNC_ENGINE_COUNT
        case 41: return 1;      // UNIFIED_ADDRESSING
        case 75: return capability() / 10;  // COMPUTE_CAPABILITY_MAJOR
        case 76: return capability() % 10;  // COMPUTE_CAPABILITY_MINOR
        case 81: return 228 * 1024;  // MAX_SHARED_MEMORY_PER_MULTIPROCESSOR
        case 97: return static_cast<int>(emulator::shared_bytes_max);  // MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
        case 115: return 1;     // MEMORY_POOLS_SUPPORTED
        default: return 0;
    }
}

}  // namespace driver

using namespace driver;

EXPORTED Result cuInit(unsigned flags) {
    ENTER(Nothing);
    if (flags != 0) return InvalidValue;
    if (setting("INLAND_CUDA_DEVICES", 1) == 0) return NoDevice;
    if (!load_kernels()) return NoDevice;
    emulator::emulator_watch();
    if (!state().initialised) {
        state().kernel_seed = static_cast<uint64_t>(setting("INLAND_CUDA_SEED", 2));
        state().random = emulator::Random(state().kernel_seed);
    }
    state().initialised = true;
    return Success;
}

EXPORTED Result cuDriverGetVersion(int* version) {
    ENTER(Nothing);
    if (version == nullptr) return InvalidValue;
    *version = static_cast<int>(setting("INLAND_CUDA_VERSION", 13000));
    return Success;
}

EXPORTED Result cuDeviceGetCount(int* count) {
    ENTER(Initialised);
    *count = 1;
    return Success;
}

EXPORTED Result cuDeviceGet(int* device, int ordinal) {
    ENTER(Initialised);
    if (ordinal != 0) return InvalidDevice;
    *device = 0;
    return Success;
}

EXPORTED Result cuDeviceGetName(char* name, int bytes, int device) {
    ENTER(Initialised);
    if (device != 0) return InvalidDevice;
    if (name == nullptr || bytes <= 0) return InvalidValue;
    snprintf(name, static_cast<size_t>(bytes), "stand-in device");
    return Success;
}

EXPORTED Result cuDeviceGetUuid_v2(unsigned char uuid[16], int device) {
    ENTER(Initialised);
    if (device != 0) return InvalidDevice;
    memset(uuid, 0x11, 16);
    return Success;
}

EXPORTED Result cuDeviceGetUuid(unsigned char uuid[16], int device) { return cuDeviceGetUuid_v2(uuid, device); }

EXPORTED Result cuDeviceGetPCIBusId(char* name, int bytes, int device) {
    ENTER(Initialised);
    if (device != 0) return InvalidDevice;
    snprintf(name, static_cast<size_t>(bytes), "0000:01:00.0");
    return Success;
}

EXPORTED Result cuDeviceGetAttribute(int* value, int number, int device) {
    ENTER(Initialised);
    if (device != 0) return InvalidDevice;
    *value = attribute(number);
    return Success;
}

EXPORTED Result cuDeviceTotalMem_v2(size_t* bytes, int device) {
    ENTER(Initialised);
    if (device != 0) return InvalidDevice;
    *bytes = memory_bytes();
    return Success;
}

EXPORTED Result cuMemGetInfo_v2(size_t* free, size_t* total) {
    ENTER(Context);
    *total = memory_bytes();
    *free = *total - state().device_bytes;
    return Success;
}

EXPORTED Result cuDevicePrimaryCtxRetain(void** context, int device) {
    ENTER(Initialised);
    if (device != 0) return InvalidDevice;
    state().retained++;
    *context = &primary_context;
    return Success;
}

// The last release ends the context: its work is done or dropped, its memory gone, a lasting error forgotten.
EXPORTED Result cuDevicePrimaryCtxRelease_v2(int device) {
    ENTER(Initialised);
    if (device != 0) return InvalidDevice;
    if (state().retained == 0) return InvalidContext;
    if (--state().retained > 0) return Success;
    finish_all(lock);
    state().leaked += state().allocations.size();
    free_everything();
    state().lasting = Success;
    return Success;
}

EXPORTED Result cuDevicePrimaryCtxReset_v2(int device) {
    ENTER(Initialised);
    if (device != 0) return InvalidDevice;
    finish_all(lock);
    free_everything();
    state().lasting = Success;
    return Success;
}

EXPORTED Result cuCtxSetCurrent(void* context) {
    ENTER(Initialised);
    if (context != nullptr && context != &primary_context) return InvalidContext;
    context_is_current = context != nullptr;
    return Success;
}

EXPORTED Result cuCtxGetCurrent(void** context) {
    ENTER(Initialised);
    *context = context_is_current ? &primary_context : nullptr;
    return Success;
}

EXPORTED Result cuCtxGetDevice(int* device) {
    ENTER(Context);
    *device = 0;
    return Success;
}

EXPORTED Result cuCtxSynchronize() {
    ENTER(Context);
    if (Result refused = refuse_while_capturing()) return refused;
    finish_all(lock);
    return state().lasting;
}

EXPORTED Result cuCtxSetFlags(unsigned) {
    ENTER(Context);
    return Success;
}

EXPORTED Result cuCtxGetStreamPriorityRange(int* least, int* greatest) {
    ENTER(Context);
    if (least != nullptr) *least = 0;
    if (greatest != nullptr) *greatest = -5;
    return Success;
}
