// Launches: checked when they are asked for, run later by the emulator.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "driver.h"
#include "memory.h"

namespace driver {
namespace {

bool possible(const unsigned grid[3], const unsigned block[3]) {
    // CUDA C++ Programming Guide, "Technical Specifications per Compute Capability".
    constexpr unsigned grid_max[3] = {0x7fffffff, 65535, 65535}, block_max[3] = {1024, 1024, 64};
    for (int i = 0; i < 3; i++) {
        if (grid[i] == 0 || grid[i] > grid_max[i] || block[i] == 0 || block[i] > block_max[i]) return false;
    }
    return true;
}

// A pointer that a kernel was given must point to memory of the device: the host's own would be readable here, but not
// there. Null and the end of an allocation are allowed: they may go unused.
void check_pointers(const Launch& launch) {
    const emulator::Kernel& kernel = *launch.function->kernel;
    for (unsigned i = 0; i < kernel.count; i++) {
        if ((kernel.pointers >> i & 1) == 0) continue;
        void* pointer;
        memcpy(&pointer, launch.parameters[i].data(), sizeof pointer);
        if (pointer == nullptr || emulator::emulator_holds(pointer, 0)) continue;
        fprintf(stderr, "\nstand-in driver: parameter %u of kernel %s, %p, points to no live allocation\n", i, kernel.name,
                pointer);
        abort();
    }
}

}  // namespace

Result prepare_launch(Function* function, const unsigned grid[3], const unsigned block[3], unsigned dynamic_bytes,
                      void** parameters, void** extra, Launch& launch) {
    if (state().functions.count(function) == 0) return InvalidHandle;
    if (extra != nullptr) return NotSupported;
    if (!possible(grid, block) || (parameters == nullptr && !function->entry.parameters.empty())) return InvalidValue;
    uint64_t threads = uint64_t{block[0]} * block[1] * block[2];
    if (threads > function->entry.threads_max) return threads > emulator::threads_max ? InvalidValue : LaunchOutOfResources;
    if (dynamic_bytes > function->dynamic_bytes_max) return InvalidValue;
    launch.function = function;
    memcpy(launch.grid, grid, sizeof launch.grid);
    memcpy(launch.block, block, sizeof launch.block);
    launch.dynamic_bytes = dynamic_bytes;
    launch.parameters.clear();
    for (size_t i = 0; i < function->entry.parameters.size(); i++) {
        const auto* value = static_cast<const unsigned char*>(parameters[i]);
        launch.parameters.emplace_back(value, value + function->entry.parameters[i]);
    }
    return Success;
}

Result execute(const Launch& launch) {
    uint64_t seed;
    {
        Lock lock(state().lock);
        if (Result failed = injected("kernel")) return failed;
        // Seeds 0 and 1 are the schedules in order; others stand for a new one with each launch.
        seed = state().kernel_seed <= 1 ? state().kernel_seed : state().random.next() | 2;
    }
    check_pointers(launch);
    std::vector<void*> parameters;
    std::vector<std::vector<unsigned char>> values = launch.parameters;
    for (auto& value : values) parameters.push_back(value.data());
    emulator::emulator_launch(launch.function->kernel, launch.grid, launch.block, launch.dynamic_bytes,
                              parameters.data(), seed);
    return Success;
}

}  // namespace driver

using namespace driver;

namespace {

Result launch_on(Stream* handle, Function* function, const unsigned grid[3], const unsigned block[3],
                 unsigned dynamic_bytes, void** parameters, void** extra) {
    Stream* stream = stream_of(handle);
    if (stream == nullptr) return InvalidHandle;
    auto launch = std::make_shared<Launch>();
    if (Result refused = prepare_launch(function, grid, block, dynamic_bytes, parameters, extra, *launch)) return refused;
    if (capturing(*stream)) {
        capture(*stream, {nullptr, launch});
    } else {
        submit(*stream, [launch] { return execute(*launch); });
    }
    return Success;
}

}  // namespace

EXPORTED Result cuLaunchKernel(Function* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                               unsigned block_y, unsigned block_z, unsigned dynamic_bytes, Stream* stream,
                               void** parameters, void** extra) {
    ENTER(Context);
    unsigned grid[3] = {grid_x, grid_y, grid_z}, block[3] = {block_x, block_y, block_z};
    return launch_on(stream, function, grid, block, dynamic_bytes, parameters, extra);
}

// CUlaunchConfig of the CUDA Driver API. Attributes (clusters, priorities, …) are not emulated.
struct LaunchConfig {
    unsigned grid[3], block[3];
    unsigned dynamic_bytes;
    Stream* stream;
    void* attributes;
    unsigned attribute_count;
};

EXPORTED Result cuLaunchKernelEx(const LaunchConfig* config, Function* function, void** parameters, void** extra) {
    ENTER(Context);
    if (config == nullptr) return InvalidValue;
    if (config->attribute_count != 0) return NotSupported;
    return launch_on(config->stream, function, config->grid, config->block, config->dynamic_bytes, parameters, extra);
}
