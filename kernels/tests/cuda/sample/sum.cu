// block_sums: the sum of each block's numbers times a factor, by shuffles, a barrier and dynamic shared memory.
//   numbers  in   u32 [count]
//   sums     out  u32 [blocks]
//   total    out  u32 [1]       zero before; the sum of all
// One thread per number, blocks of a multiple of 32 threads, 4 bytes of dynamic shared memory per warp.
#include <cstdint>

__device__ __forceinline__ uint32_t warp_sum(uint32_t value) {
    for (int distance = 16; distance > 0; distance /= 2) value += __shfl_down_sync(0xffffffffu, value, distance);
    return value;
}

extern "C" __global__ void __launch_bounds__(1024)
    block_sums(const uint32_t* __restrict__ numbers, uint32_t* __restrict__ sums, uint32_t* total, uint64_t count,
               uint32_t factor) {
    extern __shared__ uint32_t partial[];
    uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
    uint32_t sum = warp_sum(i < count ? numbers[i] * factor : 0);
    if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x != 0) return;
    sum = 0;
    for (uint32_t warp = 0; warp < blockDim.x / 32; warp++) sum += partial[warp];
    sums[blockIdx.x] = sum;
    atomicAdd(total, sum);
}
