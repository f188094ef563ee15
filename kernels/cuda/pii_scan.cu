// pii_scan: where in the texts of a slot can something be found?
//   text     in   u8 [blocks][64]        the slot (common.cuh), at an address that is a multiple of 16
//   header   in   Header                 blocks is read
//   anchors  out  u16 [tiles][4096]      place in the tile (bits 0..12) and what stands there (KIND_*), in
//                                        order of place; of a tile only the first counts[tile] are written
//   counts   out  u32 [tiles]            how many, 0..=4096
//   flags    out  u32 [tiles]            TILE_*
//   outcome  out  Outcome                cleared; FAILURE_LAYOUT if the header is another version's
// One block of 256 threads a tile of 4096 bytes, 16 bytes a thread; tiles beyond the slot's last are given
// no anchors, so that one grid serves every fill. Bytes are compared four at a time in a register. Equals
// kernels/src/anchors.rs.
#include "common.cuh"

// One bit for each of 16 bytes.
struct Classes {
    u32 digits, marks, words, high, lead;
};

// Bit 7 of each byte of which the lower seven bits are at least `least` (1..=127); no carry leaves a byte.
__device__ __forceinline__ u32 at_least(u32 sevens, u32 least) {
    return sevens + (128u - least) * 0x01010101u;
}

// Bit 7 of each byte whose lower seven bits are first..=last (1..=126).
__device__ __forceinline__ u32 between(u32 sevens, u32 first, u32 last) {
    return at_least(sevens, first) & ~at_least(sevens, last + 1);
}

// Bit 7 of each byte to bits 0..4: the products do not meet, so nothing carries.
__device__ __forceinline__ u32 gather(u32 sevens) {
    return (sevens >> 7 & 0x01010101u) * 0x10204080u >> 28;
}

__device__ __forceinline__ Classes classes_of_four(u32 bytes) {
    u32 sevens = bytes & 0x7f7f7f7fu;
    u32 small = sevens | 0x20202020u;
    u32 digits = between(sevens, '0', '9');
    u32 marks = between(sevens, '@', '@') | between(sevens, ':', ':') | between(sevens, '=', '=') | between(sevens, '~', '~');
    u32 words = digits | between(small, 'a', 'z') | between(sevens, '_', '_') | between(sevens, '-', '-');
    u32 lead = between(sevens, 0x42, 0x42) | between(sevens, 0x4d, 0x4d) | between(sevens, 0x58, 0x5b) |
               between(sevens, 0x60, 0x63) | at_least(sevens, 0x6f);
    return {gather(digits & ~bytes), gather(marks & ~bytes), gather(words & ~bytes), gather(bytes), gather(lead & bytes)};
}

__device__ __forceinline__ void add(Classes& all, Classes four, u32 shift) {
    all.digits |= four.digits << shift;
    all.marks |= four.marks << shift;
    all.words |= four.words << shift;
    all.high |= four.high << shift;
    all.lead |= four.lead << shift;
}

__device__ __forceinline__ Classes classes_of(const Sixteen* text, u32 unit, u32 units) {
    Classes all = {0, 0, 0, 0, 0};
    if (unit < units) {
        Sixteen bytes = text[unit];
        add(all, classes_of_four(bytes.a), 0);
        add(all, classes_of_four(bytes.b), 4);
        add(all, classes_of_four(bytes.c), 8);
        add(all, classes_of_four(bytes.d), 12);
    }
    return all;
}

// The places of the lower 16 from which on `length` bits are set (a power of two up to 16).
__device__ __forceinline__ u32 long_runs(u32 mask, u32 length) {
    for (u32 have = 1; have < length; have *= 2) {
        mask &= mask >> have;
    }
    return mask & 0xffffu;
}

extern "C" __global__ void __launch_bounds__(SCAN_THREADS)
    pii_scan(const Sixteen* __restrict__ text, const Header* __restrict__ header, u16* __restrict__ anchors,
             u32* __restrict__ counts, u32* __restrict__ flags, Outcome* __restrict__ outcome) {
    // Of each thread's bytes, with those of the neighbouring tiles at both ends.
    __shared__ u16 digits[SCAN_THREADS + 2];
    __shared__ u16 words[SCAN_THREADS + 2];
    __shared__ u32 warp_counts[SCAN_THREADS / 32];
    __shared__ u32 warp_flags[SCAN_THREADS / 32];
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
            flags[tile] = 0;
        }
        return;
    }
    const Classes own = classes_of(text, first + thread, units);
    digits[thread + 1] = (u16)own.digits;
    words[thread + 1] = (u16)own.words;
    if (thread == 0 || thread == SCAN_THREADS - 1) {
        // Before the first unit stands NUL: its number wraps to one that is beyond the last.
        const u32 place = thread == 0 ? 0 : SCAN_THREADS + 1;
        const Classes beside = classes_of(text, first + place - 1, units);
        digits[place] = (u16)beside.digits;
        words[place] = (u16)beside.words;
    }
    __syncthreads();
    const u32 digit_starts = own.digits & ~(own.digits << 1 | digits[thread] >> 15);
    const u32 runs = long_runs(own.words | (u32)words[thread + 2] << 16, LONG_WORD);
    const u32 word_starts = runs & ~(own.words << 1 | words[thread] >> 15);
    u32 places = own.marks | digit_starts | word_starts;
    // How many anchors the threads before have: five ballots count to 16.
    const u32 count = __popc(places);
    u32 before = 0, all = 0;
    for (u32 bit = 0; bit < 5; bit++) {
        const u32 votes = __ballot_sync(0xffffffffu, (int)(count >> bit & 1));
        before += __popc(votes & ((1u << lane) - 1)) << bit;
        all += __popc(votes) << bit;
    }
    const bool any_high = __ballot_sync(0xffffffffu, own.high != 0) != 0;
    const bool any_lead = __ballot_sync(0xffffffffu, own.lead != 0) != 0;
    if (lane == 0) {
        warp_counts[warp] = all;
        warp_flags[warp] = (any_high ? TILE_HIGH : 0) | (any_lead ? TILE_LEAD : 0);
    }
    __syncthreads();
    u32 total = 0, found = 0;
    for (u32 other = 0; other < SCAN_THREADS / 32; other++) {
        before += other < warp ? warp_counts[other] : 0;
        total += warp_counts[other];
        found |= warp_flags[other];
    }
    if (thread == 0) {
        counts[tile] = total;
        flags[tile] = found;
    }
    u16* out = anchors + (u64)tile * ANCHORS_MAX + before;
    while (places != 0) {
        const u32 place = __ffs((int)places) - 1;
        const u32 kinds = (word_starts >> place & 1 ? KIND_WORD : 0) | (digit_starts >> place & 1 ? KIND_DIGITS : 0) |
                          (own.marks >> place & 1 ? KIND_MARK : 0);
        *out++ = (u16)((thread * 16 + place) | kinds);
        places &= places - 1;
    }
}
