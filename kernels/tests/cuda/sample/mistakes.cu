// Kernels that are wrong on purpose, one mistake each: the tests show that each is found (kernels/tests/cuda/emulator.rs).
//   out  out  u32 [threads]
// One block.
#include <cstdint>

// A neighbour's value is read before it is certain that it was written.
extern "C" __global__ void no_barrier(uint32_t* out) {
    __shared__ uint32_t values[64];
    values[threadIdx.x] = threadIdx.x;
    out[threadIdx.x] = values[(threadIdx.x + 1) % 64];
}

// Half of the block waits in one barrier, half in another.
extern "C" __global__ void two_barriers(uint32_t* out) {
    if (threadIdx.x < 32) {
        __syncthreads();
    } else {
        __syncthreads();
    }
    out[threadIdx.x] = 1;
}

// Ten lanes wait for their warp, which waits for the block.
extern "C" __global__ void deadlock(uint32_t* out) {
    if (threadIdx.x < 10) {
        __syncwarp();
    } else {
        __syncthreads();
    }
    out[threadIdx.x] = 1;
}

// Two operations under one mask.
extern "C" __global__ void two_operations(uint32_t* out) {
    out[threadIdx.x] = threadIdx.x % 2 == 0 ? __ballot_sync(0xffffffffu, 1) : __shfl_sync(0xffffffffu, 1u, 0);
}

// One element too many.
extern "C" __global__ void past_the_end(uint32_t* out) { out[threadIdx.x + 1] = 1; }

// Bytes behind the dynamic shared array that the launch asked for.
extern "C" __global__ void past_shared(uint32_t* out) {
    extern __shared__ uint32_t scratch[];
    scratch[threadIdx.x + 1] = 1;
    out[threadIdx.x] = scratch[threadIdx.x];
}

// Looks first and adds afterwards: two threads may both see the last free place.
extern "C" __global__ void look_then_add(uint32_t* out) {
    if (atomicAdd(&out[0], 0u) < 1) atomicAdd(&out[0], 1u);
}

// Waits for a value that nobody writes.
extern "C" __global__ void endless(uint32_t* out) {
    while (*static_cast<volatile uint32_t*>(out) != 1) {
    }
}
