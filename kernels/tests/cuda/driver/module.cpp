// Modules and their functions. The image says which kernels there are and what they take; the emulator runs them, so a
// kernel of the image that was not emulated, or takes other parameters there, is refused: one of the two is old.
#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "driver.h"

namespace driver {
namespace {

// CUDA C++ Programming Guide, "Shared Memory": 48 KB unless the function's attribute allows more.
constexpr size_t shared_without_opt_in = 48 * 1024;

const emulator::Kernel* find_kernel(const std::string& name) {
    for (void* library : state().libraries) {
        if (void* found = dlsym(library, ("emulator_kernel_" + name).c_str())) {
            return static_cast<const emulator::Kernel*>(found);
        }
    }
    return nullptr;
}

bool same_parameters(const emulator::Kernel& kernel, const Entry& entry) {
    if (kernel.count != entry.parameters.size()) return false;
    for (unsigned i = 0; i < kernel.count; i++) {
        if (kernel.sizes[i] != entry.parameters[i]) return false;
    }
    return true;
}

}  // namespace

bool load_kernels() {
    Driver& d = state();
    const char* paths = getenv("INLAND_CUDA_KERNELS");
    if (!d.libraries.empty() || paths == nullptr) return true;
    std::stringstream list(paths);
    for (std::string path; std::getline(list, path, ':');) {
        void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) {
            fprintf(stderr, "stand-in driver: %s\n", dlerror());
            return false;
        }
        d.libraries.push_back(library);
    }
    return true;
}

}  // namespace driver

using namespace driver;

EXPORTED Result cuModuleLoadData(Module** module, const void* image) {
    ENTER(Context);
    if (module == nullptr) return InvalidValue;
    auto made = std::make_unique<Module>();
    if (Result refused = parse_image(image, made->entries)) return refused;
    *module = made.release();
    state().modules.insert(*module);
    return Success;
}

EXPORTED Result cuModuleLoadDataEx(Module** module, const void* image, unsigned, int*, void**) {
    return cuModuleLoadData(module, image);
}

EXPORTED Result cuModuleUnload(Module* module) {
    ENTER(Context);
    if (state().modules.erase(module) == 0) return InvalidHandle;
    delete module;
    return Success;
}

EXPORTED Result cuModuleGetFunction(Function** function, Module* module, const char* name) {
    ENTER(Context);
    if (function == nullptr || name == nullptr) return InvalidValue;
    if (state().modules.count(module) == 0) return InvalidHandle;
    for (const Entry& entry : module->entries) {
        if (entry.name != name) continue;
        const emulator::Kernel* kernel = find_kernel(name);
        if (kernel == nullptr) {
            fprintf(stderr, "stand-in driver: kernel %s is in the image, but in no library of INLAND_CUDA_KERNELS\n", name);
            return NotFound;
        }
        if (!same_parameters(*kernel, entry)) {
            fprintf(stderr, "stand-in driver: kernel %s has other parameters in its source than in the image\n", name);
            return InvalidImage;
        }
        *function = new Function{kernel, entry, 0};
        (*function)->dynamic_bytes_max = shared_without_opt_in - std::min(entry.shared_bytes, shared_without_opt_in);
        state().functions.insert(*function);
        return Success;
    }
    return NotFound;
}

// CUfunction_attribute.
EXPORTED Result cuFuncGetAttribute(int* value, int number, Function* function) {
    ENTER(Context);
    if (state().functions.count(function) == 0) return InvalidHandle;
    switch (number) {
        case 0: *value = static_cast<int>(function->entry.threads_max); break;   // MAX_THREADS_PER_BLOCK
        case 1: *value = static_cast<int>(function->entry.shared_bytes); break;       // SHARED_SIZE_BYTES
        case 4: *value = 32; break;                                              // NUM_REGS
        case 5: *value = 80; break;                                              // PTX_VERSION
        case 6: *value = capability(); break;                                    // BINARY_VERSION
        case 8: *value = static_cast<int>(function->dynamic_bytes_max); break;   // MAX_DYNAMIC_SHARED_SIZE_BYTES
        default: *value = 0;
    }
    return Success;
}

EXPORTED Result cuFuncSetAttribute(Function* function, int number, int value) {
    ENTER(Context);
    if (state().functions.count(function) == 0) return InvalidHandle;
    if (number == 9) return Success;  // PREFERRED_SHARED_MEMORY_CARVEOUT: a hint
    if (number != 8 || value < 0) return InvalidValue;
    if (static_cast<size_t>(value) + function->entry.shared_bytes > emulator::shared_bytes_max) return InvalidValue;
    function->dynamic_bytes_max = static_cast<size_t>(value);
    return Success;
}

EXPORTED Result cuFuncSetCacheConfig(Function* function, int) {
    ENTER(Context);
    return state().functions.count(function) == 0 ? InvalidHandle : Success;
}

EXPORTED Result cuFuncLoad(Function* function) {
    ENTER(Context);
    return state().functions.count(function) == 0 ? InvalidHandle : Success;
}

// 2048 threads, 32 blocks and 228 KB of shared memory (1 KB of it reserved a block) fit a multiprocessor of an H100.
EXPORTED Result cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Function* function, int threads, size_t dynamic_bytes) {
    ENTER(Context);
    if (state().functions.count(function) == 0) return InvalidHandle;
    if (threads <= 0 || threads > static_cast<int>(emulator::threads_max)) return InvalidValue;
    size_t by_threads = 2048 / static_cast<size_t>(threads);
    size_t by_shared = 228 * 1024 / (1024 + function->entry.shared_bytes + dynamic_bytes);
    *blocks = static_cast<int>(std::min({by_threads, by_shared, size_t{32}}));
    return Success;
}

EXPORTED Result cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, Function* function, int threads,
                                                                     size_t dynamic_bytes, unsigned) {
    return cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, function, threads, dynamic_bytes);
}
