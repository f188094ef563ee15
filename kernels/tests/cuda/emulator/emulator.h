// CUDA C++ for g++: included before a .cu source, which is compiled unmodified as C++20 (kernels/tests/cuda/README.md).
// What is not here does not compile: a kernel that needs more gets it added, with CUDA's meaning.
#pragma once
// The standard headers come first: they use names that are macros below.
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "block.h"

#define __global__
#define __device__
#define __host__
#define __constant__
#define __shared__ thread_local  // why: shared.cpp
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __align__(n) alignas(n)
#define __launch_bounds__(...)
#define __maxnreg__(...)
#define __grid_constant__
#define __CUDA_ARCH__ 800

#define threadIdx (emulator::running.current->index)
#define blockIdx (emulator::running.block_index)
#define blockDim (emulator::running.block_size)
#define gridDim (emulator::running.grid_size)
#define warpSize 32

#include "vectors.h"
#include "warp_functions.h"
#include "atomics.h"
#include "intrinsics.h"

namespace emulator {

// Calls a kernel with its parameters as cuLaunchKernel takes them: an array of pointers to them.
template <class... Parameters>
struct Signature {
    static_assert((std::is_trivially_copyable_v<Parameters> && ...));
    static constexpr unsigned count = sizeof...(Parameters);
    static constexpr unsigned sizes[count + 1] = {sizeof(Parameters)..., 0};

    static constexpr uint64_t pointers() {
        uint64_t bits = 0, bit = 1;
        ((bits |= std::is_pointer_v<Parameters> ? bit : 0, bit <<= 1), ...);
        return bits;
    }

    template <size_t... I>
    static void apply(void (*kernel)(Parameters...), void** parameters, std::index_sequence<I...>) {
        kernel(*static_cast<std::remove_cv_t<Parameters>*>(parameters[I])...);
    }
};

template <class... Parameters>
constexpr Signature<Parameters...> signature_of(void (*)(Parameters...)) {
    return {};
}

}  // namespace emulator

// In the wrapper that is generated round a source: its thread-local segment exists once this was called…
#define EMULATOR_SHARED()                                     \
    static thread_local unsigned char emulator_shared_anchor; \
    static void* emulator_shared() { return &emulator_shared_anchor; }

// … its `extern __shared__` array is defined in a source of its own, since there it has another type; …
#define EMULATOR_DYNAMIC(name)                                                       \
    alignas(4096) thread_local unsigned char name[emulator::dynamic_bytes_reserved]; \
    unsigned char* emulator_dynamic() { return name; }

// … and each of its kernels is found by this name.
#define EMULATOR_KERNEL(kernel, dynamic)                                                                      \
    extern "C" const emulator::Kernel emulator_kernel_##kernel = {                                            \
        #kernel,                                                                                              \
        [](void** parameters) {                                                                               \
            using S = decltype(emulator::signature_of(&kernel));                                              \
            S::apply(&kernel, parameters, std::make_index_sequence<S::count>());                              \
        },                                                                                                    \
        decltype(emulator::signature_of(&kernel))::sizes, decltype(emulator::signature_of(&kernel))::count,   \
        decltype(emulator::signature_of(&kernel))::pointers(), emulator_shared, dynamic};
