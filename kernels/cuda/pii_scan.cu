// pii_scan: where in the texts of a slot does a number or an e-mail address stand?
//   text     in   u8 [blocks][64]        the slot (common.cuh), at an address that is a multiple of 16
//   header   in   Header                 blocks is read
//   anchors  out  u16 [tiles][1024]      the place in the tile of each first digit of a group and of each `@`, in
//                                        order; of a tile only the first counts[tile] are written
//   counts   out  u32 [tiles]            how many, 0..=1024
//   outcome  out  Outcome                cleared; FAILURE_LAYOUT if the header is another version's
// One warp a tile of 1024 bytes, 32 bytes a lane, SCAN_THREADS threads a block; tiles beyond the slot's last are
// given no anchors, so that one grid serves every fill. Bytes are compared four at a time in a register. Equals
// kernels/src/anchors.rs, whose other anchors are the host's to look at.
#include "common.cuh"

// One bit for each of 32 bytes.
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

// Of the 16 bytes of a unit, from bit `shift` on.
__device__ __forceinline__ void add_unit(Classes& all, const Sixteen* text, u32 unit, u32 units, u32 shift) {
    if (unit < units) {
        const Sixteen bytes = text[unit];
        add(all, bytes.a, shift);
        add(all, bytes.b, shift + 4);
        add(all, bytes.c, shift + 8);
        add(all, bytes.d, shift + 12);
    }
}

extern "C" __global__ void __launch_bounds__(SCAN_THREADS)
    pii_scan(const Sixteen* __restrict__ text, const Header* __restrict__ header, u16* __restrict__ anchors,
             u32* __restrict__ counts, Outcome* __restrict__ outcome) {
    const u32 lane = threadIdx.x % 32, tile = blockIdx.x * (SCAN_THREADS / 32) + threadIdx.x / 32;
    const bool valid = is_layout(header);
    if (tile == 0 && lane == 0) {
        outcome->hits = 0;
        outcome->failure = valid ? 0 : FAILURE_LAYOUT;
    }
    const u32 units = valid ? header->blocks * (BLOCK_BYTES / 16) : 0;
    const u32 first = tile * (TILE_BYTES / 16) + lane * 2;
    Classes own = {0, 0};
    add_unit(own, text, first, units, 0);
    add_unit(own, text, first + 1, units, 16);
    u32 before = __shfl_up_sync(0xffffffffu, own.digits >> 31, 1);
    if (lane == 0) {
        // Before the first unit stands NUL: its number wraps to one that is beyond the last.
        Classes beside = {0, 0};
        add_unit(beside, text, first - 1, units, 16);
        before = beside.digits >> 31;
    }
    u32 places = own.ats | (own.digits & ~(own.digits << 1 | before));
    const u32 count = __popc(places);
    u32 upto = count;
    for (u32 distance = 1; distance < 32; distance *= 2) {
        const u32 others = __shfl_up_sync(0xffffffffu, upto, distance);
        upto += lane >= distance ? others : 0;
    }
    if (lane == 31) {
        counts[tile] = upto;
    }
    u16* out = anchors + (u64)tile * ANCHORS_MAX + (upto - count);
    while (places != 0) {
        *out++ = (u16)(lane * 32 + __ffs((int)places) - 1);
        places &= places - 1;
    }
}
