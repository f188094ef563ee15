// pii_scan: where in the texts of a slot does a number or an e-mail address stand?
//   text     in   u8 [blocks][64]        the slot (common.cuh), at an address that is a multiple of 16
//   header   in   Header                 blocks is read
//   anchors  out  u16 [tiles][4096]      the place in the tile of each first digit of a group and of each `@`, in
//                                        order; of a tile only the first counts[tile] are written
//   counts   out  u32 [tiles]            how many, 0..=4096
//   outcome  out  Outcome                cleared; FAILURE_LAYOUT if the header is another version's
// One block of 256 threads a tile of 4096 bytes, 16 bytes a thread; tiles beyond the slot's last are given
// no anchors, so that one grid serves every fill. Bytes are compared four at a time in a register. Equals
// kernels/src/anchors.rs, whose other anchors are the host's to look at.
#include "common.cuh"

// One bit for each of 16 bytes.
struct Classes {
    u32 digits, ats;
};

// Bit 7 of each byte whose lower seven bits are first..=last (1..=126); no carry leaves a byte.
__device__ __forceinline__ u32 between(u32 sevens, u32 first, u32 last) {
    return (sevens + (128u - first) * 0x01010101u) & ~(sevens + (127u - last) * 0x01010101u);
}

// Bit 7 of each byte to bits 0..4: the products do not meet, so nothing carries.
__device__ __forceinline__ u32 gather(u32 sevens) {
    return (sevens >> 7 & 0x01010101u) * 0x10204080u >> 28;
}

__device__ __forceinline__ void add(Classes& all, u32 bytes, u32 shift) {
    const u32 sevens = bytes & 0x7f7f7f7fu;
    all.digits |= gather(between(sevens, '0', '9') & ~bytes) << shift;
    all.ats |= gather(between(sevens, '@', '@') & ~bytes) << shift;
}

__device__ __forceinline__ Classes classes_of(const Sixteen* text, u32 unit, u32 units) {
    Classes all = {0, 0};
    if (unit < units) {
        const Sixteen bytes = text[unit];
        add(all, bytes.a, 0);
        add(all, bytes.b, 4);
        add(all, bytes.c, 8);
        add(all, bytes.d, 12);
    }
    return all;
}

extern "C" __global__ void __launch_bounds__(SCAN_THREADS)
    pii_scan(const Sixteen* __restrict__ text, const Header* __restrict__ header, u16* __restrict__ anchors,
             u32* __restrict__ counts, Outcome* __restrict__ outcome) {
    // Of each thread's bytes, with those before the tile in front.
    __shared__ u16 digits[SCAN_THREADS + 1];
    __shared__ u32 warp_counts[SCAN_THREADS / 32];
    const u32 tile = blockIdx.x, thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
    const bool valid = is_layout(header);
    if (tile == 0 && thread == 0) {
        outcome->hits = 0;
        outcome->failure = valid ? 0 : FAILURE_LAYOUT;
    }
    const u32 units = valid ? header->blocks * (BLOCK_BYTES / 16) : 0;
    const u32 first = tile * SCAN_THREADS;
    if (first >= units) {
        if (thread == 0) {
            counts[tile] = 0;
        }
        return;
    }
    const Classes own = classes_of(text, first + thread, units);
    digits[thread + 1] = (u16)own.digits;
    if (thread == 0) {
        // Before the first unit stands NUL: its number wraps to one that is beyond the last.
        digits[0] = (u16)classes_of(text, first - 1, units).digits;
    }
    __syncthreads();
    u32 places = own.ats | (own.digits & ~(own.digits << 1 | digits[thread] >> 15));
    // How many anchors the threads before have: five ballots count to 16.
    const u32 count = __popc(places);
    u32 before = 0, all = 0;
    for (u32 bit = 0; bit < 5; bit++) {
        const u32 votes = __ballot_sync(0xffffffffu, (int)(count >> bit & 1));
        before += __popc(votes & ((1u << lane) - 1)) << bit;
        all += __popc(votes) << bit;
    }
    if (lane == 0) {
        warp_counts[warp] = all;
    }
    __syncthreads();
    u32 total = 0;
    for (u32 other = 0; other < SCAN_THREADS / 32; other++) {
        before += other < warp ? warp_counts[other] : 0;
        total += warp_counts[other];
    }
    if (thread == 0) {
        counts[tile] = total;
    }
    u16* out = anchors + (u64)tile * ANCHORS_MAX + before;
    while (places != 0) {
        *out++ = (u16)(thread * 16 + __ffs((int)places) - 1);
        places &= places - 1;
    }
}
