// intrinsics: one call of every warp operation, vote and integer intrinsic, for comparison with the host.
//   out  out  u32 [threads][24]
// One block of 64 threads: the second warp calls the warp operations with other numbers than the first.
#include <cstdint>

constexpr uint32_t per_thread = 24;

extern "C" __global__ void intrinsics(uint32_t* __restrict__ out) {
    uint32_t t = threadIdx.x, lane = t % 32;
    uint32_t* o = out + t * per_thread;
    uint32_t full = 0xffffffffu;
    o[0] = __shfl_sync(full, t * 3, lane + 5);
    o[1] = __shfl_up_sync(full, t, 3, 8);
    o[2] = __shfl_down_sync(full, t, 3, 8);
    o[3] = __shfl_xor_sync(full, t, 9);
    o[4] = __ballot_sync(full, t % 3 == 0);
    o[5] = __any_sync(full, t == 40) * 2 + __all_sync(full, t < 32);
    o[6] = __match_any_sync(full, t % 5);
    o[7] = __reduce_add_sync(full, t);
    o[8] = static_cast<uint32_t>(__reduce_min_sync(full, static_cast<int>(lane) - 7));
    o[9] = __reduce_max_sync(full, t ^ 5u);
    o[10] = __syncthreads_count(t % 4 == 1);
    o[11] = __syncthreads_or(t == 63) * 2 + __syncthreads_and(t < 63);
    o[12] = __popc(t) + 100 * __ffs(t) + 10000 * __clz(t);
    o[13] = __brev(t);
    o[14] = __byte_perm(0x33221100u, 0x77665544u + t, 0x5140u);
    o[15] = __funnelshift_l(t, 0x80000001u, 4) ^ __funnelshift_rc(t, 7, 33);
    o[16] = __vcmpgeu4(0x10203040u, t * 0x01010101u);
    o[17] = __umulhi(t << 26, 1u << 31);
    // Half a warp at a time, each with its own mask.
    uint32_t half = lane < 16 ? 0x0000ffffu : 0xffff0000u;
    o[18] = __ballot_sync(half, t % 2 == 0);
    o[19] = __shfl_sync(half, t, lane < 16 ? 2 : 18);
    ushort4 v = make_ushort4(1, 2, 3, static_cast<unsigned short>(t));
    o[20] = v.x + v.y + v.z + v.w;
    o[21] = __dp4a(0x01020304u, t * 0x01010101u, 1u);
    o[22] = __vsubus4(0x10203040u, t * 0x01010101u);
    o[23] = min(t, 17) + max(3, lane);
}
