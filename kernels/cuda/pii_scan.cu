// pii_scan: where in the texts of a slot may a number of a person or an e-mail address stand?
//   text     in   u8 [blocks][64]        the slot (common.cuh), at an address that is a multiple of 16
//   header   in   Header                 blocks, hits_max, sequence and wanted are read
//   tables   in   u32 []                 kernels/src/cuda/tables.rs
//   hits     out  u32 [hits_max]         the place of each anchor at which one of the families that are asked for finds
//                                        something (verify.cuh), once; those of a tile together and in order
//   spans    out  Span [tiles]           where those of each tile are; of tiles with hits alone
//   outcome  i/o  Outcome                zeros before and after
//   answer   out  Answer                 FAILURE_OVERFLOW where there was no room, FAILURE_LAYOUT if header or tables are
//                                        another version's; the sequence last
// Anchors are the first digits of groups and each `@`, as kernels/src/anchors.rs has them; its others are the host's.
// One warp a tile of 896 bytes, which sees 64 more on each side: 32 bytes a lane for their classes, then one anchor a
// lane; what may be a number of a scheme the whole warp looks at (number.cuh). SCAN_THREADS threads a block; tiles beyond
// the slot's last have no anchors, so that one grid serves every fill. The block that ends last writes the answer, so
// that the host waits for one kernel and for nothing behind it. A text may stand in memory of the host: each byte of it
// is fetched once or twice, and else read in shared memory.
#include "verify.cuh"

#define SCAN_WARPS (SCAN_THREADS / 32)
static_assert(WINDOW_BYTES == 32 * 32 && TILE_BYTES + 2 * EDGE_BYTES == WINDOW_BYTES, "a lane has 32 bytes of a window");

// The 16 bytes of a unit; of one outside of the slot NUL.
__device__ __forceinline__ Sixteen unit_of(const Sixteen* text, u32 unit, u32 units) {
    return unit < units ? text[unit] : Sixteen{0, 0, 0, 0};
}

// Fetches the window that starts at unit `first`; gives the anchors of this lane's bytes.
__device__ __forceinline__ u32 fill(Window& window, const Sixteen* text, u32 first, u32 units) {
    const u32 lane = threadIdx.x % 32;
    // Side by side from memory, which may be that of the host, where each sector is fetched for itself.
    const Sixteen low = unit_of(text, first + lane, units), high = unit_of(text, first + 32 + lane, units);
    window.bytes[lane] = low;
    window.bytes[32 + lane] = high;
    __syncwarp();
    const Classes all = classes_of(planes_of(window.bytes[lane * 2], window.bytes[lane * 2 + 1]));
    window.digits[lane] = all.digits;
    window.letters[lane] = all.letters;
    window.capitals[lane] = all.capitals;
    window.marks[lane] = all.marks;
    window.parens[lane] = all.parens;
    window.pluses[lane] = all.pluses;
    window.wide[lane] = all.wide;
    window.named[lane] = 0;
    const u32 before = __shfl_up_sync(0xffffffffu, all.digits >> 31, 1);
    const bool own = lane - EDGE_BYTES / 32 < TILE_BYTES / 32;
    return own ? all.ats | (all.digits & ~(all.digits << 1 | before)) : 0;
}

// How many the lanes up to this one have together.
__device__ __forceinline__ u32 upto(u32 count) {
    for (u32 distance = 1; distance < 32; distance *= 2) {
        const u32 others = __shfl_up_sync(0xffffffffu, count, distance);
        count += threadIdx.x % 32 >= distance ? others : 0;
    }
    return count;
}

// Lists the anchors in order; gives how many all lanes have.
__device__ __forceinline__ u32 list_anchors(Window& window, u32 own) {
    const u32 count = __popc(own), all = upto(count);
    for (u32 slot = all - count; own != 0; own &= own - 1, slot++) {
        window.anchors[slot] = (u16)(threadIdx.x % 32 * 32 + __ffs((int)own) - 1);
    }
    __syncwarp();
    return from_lane(all, 31);
}

// Notes at which bytes of the window something is found.
__device__ __forceinline__ void look(Window& window, const Text& slot, const u32* tables, u32 count, u32 wanted) {
    for (u32 first = 0; first < count; first += 32) {
        const bool has_anchor = first + threadIdx.x % 32 < count;
        const u32 offset = has_anchor ? window.anchors[first + threadIdx.x % 32] : EDGE_BYTES;
        if (found_together(slot, tables, window, has_anchor, offset, wanted)) {
            atomicOr(&window.named[offset / 32], 1u << offset % 32);
        }
    }
    __syncwarp();
}

// Writes the places of a lane, from `hit` on.
__device__ __forceinline__ void write_places(u32 named, u32 from, u32 hit, u32* hits, u32 hits_max, Outcome* outcome) {
    for (; named != 0; named &= named - 1, hit++) {
        if (hit < hits_max) {
            hits[hit] = from + __ffs((int)named) - 1;
        } else {
            atomicOr(&outcome->failure, FAILURE_OVERFLOW);
        }
    }
}

// Called by one thread of each block when its work is done, `wrote` if any of it is to be seen by the host or by the
// block that ends last: it is before the sequence is.
__device__ __forceinline__ void end_block(bool wrote, u32 blocks, u32 sequence, Outcome* outcome, Answer* answer) {
    if (wrote) {
        __threadfence_system();
    }
    if (atomicAdd(&outcome->ended, 1) != gridDim.x - 1) {
        return;
    }
    __threadfence();
    answer->blocks = blocks;
    answer->hits = atomicExch(&outcome->hits, 0);
    answer->failure = atomicExch(&outcome->failure, 0);
    outcome->ended = 0;
    __threadfence_system();
    *(volatile u32*)&answer->sequence = sequence;
}

extern "C" __global__ void __launch_bounds__(SCAN_THREADS, 5)
    pii_scan(const Sixteen* __restrict__ text, const Header* __restrict__ header, const u32* __restrict__ tables,
             u32* __restrict__ hits, Span* __restrict__ spans, Outcome* __restrict__ outcome, Answer* __restrict__ answer) {
    __shared__ Window windows[SCAN_WARPS];
    __shared__ u32 ends[SCAN_WARPS], first_hit;
    const u32 lane = threadIdx.x % 32, warp = threadIdx.x / 32, tile = blockIdx.x * SCAN_WARPS + warp;
    const bool valid = is_layout(header) && tables[0] == MAGIC && tables[1] == VERSION;
    const u32 blocks = header->blocks, units = valid ? blocks * (BLOCK_BYTES / 16) : 0;
    Window& window = windows[warp];
    const u32 from = tile * TILE_BYTES - EDGE_BYTES; // of the first tile this wraps, and so do its units
    const u32 anchors = list_anchors(window, fill(window, text, tile * (TILE_BYTES / 16) - EDGE_BYTES / 16, units));
    const Text slot = {{(const u8*)text, units * 16}, (const u8*)window.bytes, from};
    look(window, slot, tables, anchors, header->wanted);
    const u32 named = window.named[lane], count = __popc(named), all = upto(count);
    if (lane == 31) {
        ends[warp] = all;
    }
    __syncthreads();
    u32 before = 0, together = 0;
    for (u32 other = 0; other < SCAN_WARPS; other++) {
        before += other < warp ? ends[other] : 0;
        together += ends[other];
    }
    if (threadIdx.x == 0) {
        first_hit = together == 0 ? 0 : atomicAdd(&outcome->hits, together);
    }
    __syncthreads();
    if (ends[warp] != 0) {
        write_places(named, from + lane * 32, first_hit + before + all - count, hits, header->hits_max, outcome);
        if (lane == 0) {
            spans[tile] = {first_hit + before, ends[warp]};
        }
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        if (!valid) {
            atomicOr(&outcome->failure, FAILURE_LAYOUT);
        }
        end_block(together != 0 || !valid, blocks, header->sequence, outcome, answer);
    }
}
