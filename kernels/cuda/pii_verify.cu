// pii_verify: which families of verifiers find something at each anchor, by characters alone?
//   text     in   u8 [blocks][64]        the slot (common.cuh)
//   header   in   Header                 blocks, hits_max and sequence are read
//   tables   in   u32 []                 kernels/src/cuda/tables.rs
//   anchors  in   u16 [tiles][4096]      of pii_scan
//   counts   in   u32 [tiles]            of pii_scan
//   hits     out  Hit [hits_max]         each anchor with a family, once; those of a tile together and in order of place
//   spans    out  Span [tiles]           where those of each tile are; of tiles with texts alone
//   outcome  i/o  Outcome                hits is added to; FAILURE_OVERFLOW where there was no room,
//                                        FAILURE_LAYOUT if header or tables are another version's
//   answer   out  Answer                 by the block that ends last, when all else is written
// One block of 256 threads a tile, one anchor a thread at a time, neighbours in different warps; what may be a
// number is looked at by a whole warp (number.cuh). Words around a number, and which of two overlapping ones is
// meant, are the host's to weigh. For each family families.rs says whether its bit is exact or only necessary.
// Equals kernels/src/cuda/twin.rs.
#include "common.cuh"
#include "document.cuh"
#include "email.cuh"
#include "iban.cuh"
#include "network.cuh"
#include "number.cuh"

#define VERIFY_WARPS (VERIFY_THREADS / 32)
// Anchors that a thread counts.
#define VERIFY_SHARE (ANCHORS_MAX / VERIFY_THREADS)

// What one lane alone finds at a group of digits.
__device__ __forceinline__ u32 families_at_digits(const Text& text, const u32* tables, u32 place) {
    u32 families = is_iban(text, tables, place) ? FAMILY_IBAN : 0;
    families |= text.before(place) == '<' && may_be_zone(text, place) ? FAMILY_MRZ : 0;
    families |= is_plate(text, place) ? FAMILY_PLATE : 0;
    families |= may_be_passport(text, place) ? FAMILY_PASSPORT : 0;
    if (!is_alphanumeric(text.before(place))) {
        families |= is_ipv4(text, place) ? FAMILY_IPV4 : 0;
        families |= may_be_date(text, place) ? FAMILY_BIRTH : 0;
        families |= may_be_phone(text, place) ? FAMILY_PHONE : 0;
    }
    return families;
}

// What is found at each lane's anchor, if it has one; `characters` is the warp's.
__device__ __forceinline__ u32 families_together(const Text& text, const u32* tables, bool has, u32 place, u8* characters) {
    const bool digits = has && text.at(place) != '@';
    u32 families = 0;
    if (has && !digits) {
        families = may_be_email(text, place) ? FAMILY_EMAIL : 0;
    } else if (digits) {
        families = families_at_digits(text, tables, place);
    }
    families |= is_code_together(text, tables, digits, place, characters) ? FAMILY_CODES : 0;
    const bool starts = digits && !is_alphanumeric(text.before(place));
    return families | families_of_digits_together(text, tables, starts, place, characters);
}

// Writes the hits of a tile side by side; `families` are those of its anchors.
__device__ __forceinline__ void write_hits(const Header* header, u32 tile, u32 count, const u16* anchors, const u16* families,
                                           Hit* hits, Span* spans, Outcome* outcome) {
    __shared__ u32 warp_counts[VERIFY_WARPS];
    __shared__ u32 base;
    const u32 thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
    const u32 first = thread * VERIFY_SHARE, end = first + VERIFY_SHARE < count ? first + VERIFY_SHARE : count;
    u32 own = 0;
    for (u32 index = first; index < end; index++) {
        own += families[index] != 0 ? 1 : 0;
    }
    u32 upto = own;
    for (u32 distance = 1; distance < 32; distance *= 2) {
        const u32 before = __shfl_up_sync(0xffffffffu, upto, distance);
        upto += lane >= distance ? before : 0;
    }
    if (lane == 31) {
        warp_counts[warp] = upto;
    }
    __syncthreads();
    u32 before = upto - own, all = 0;
    for (u32 other = 0; other < VERIFY_WARPS; other++) {
        before += other < warp ? warp_counts[other] : 0;
        all += warp_counts[other];
    }
    if (thread == 0) {
        base = all == 0 ? 0 : atomicAdd(&outcome->hits, all);
        spans[tile] = {base, all};
    }
    __syncthreads();
    u32 slot = base + before;
    for (u32 index = first; index < end; index++) {
        if (families[index] != 0) {
            if (slot < header->hits_max) {
                hits[slot] = {tile * TILE_BYTES + anchors[index], families[index]};
            } else {
                atomicOr(&outcome->failure, FAILURE_OVERFLOW);
            }
            slot++;
        }
    }
}

// The block that ends last answers. What every block has written is there before its end is counted.
__device__ __forceinline__ void answer_if_last(const Header* header, Outcome* outcome, Answer* answer) {
    __threadfence_system();
    __syncthreads();
    if (threadIdx.x == 0 && atomicAdd(&outcome->done, 1) == gridDim.x - 1) {
        // An addition of nothing reads what all blocks have added.
        answer->blocks = header->blocks;
        answer->hits = atomicAdd(&outcome->hits, 0);
        answer->failure = atomicOr(&outcome->failure, 0);
        __threadfence_system();
        answer->sequence = header->sequence;
        __threadfence_system();
    }
}

extern "C" __global__ void __launch_bounds__(VERIFY_THREADS, 2)
    pii_verify(const u8* __restrict__ text, const Header* __restrict__ header, const u32* __restrict__ tables,
               const u16* __restrict__ anchors, const u32* __restrict__ counts, Hit* __restrict__ hits,
               Span* __restrict__ spans, Outcome* __restrict__ outcome, Answer* __restrict__ answer) {
    __shared__ u16 families[ANCHORS_MAX];
    __shared__ u8 characters[VERIFY_WARPS][32];
    const u32 tile = blockIdx.x, thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
    const bool valid = is_layout(header) && tables[0] == MAGIC && tables[1] == VERSION;
    const Text slot = {text, valid ? header->blocks * BLOCK_BYTES : 0};
    if (!valid && tile == 0 && thread == 0) {
        atomicOr(&outcome->failure, FAILURE_LAYOUT);
    }
    if (tile < (slot.length + TILE_BYTES - 1) / TILE_BYTES) {
        const u16* own = anchors + (u64)tile * ANCHORS_MAX;
        const u32 count = counts[tile] < ANCHORS_MAX ? counts[tile] : ANCHORS_MAX;
        for (u32 first = 0; first < count; first += VERIFY_THREADS) {
            const u32 index = first + lane * VERIFY_WARPS + warp;
            const bool has = index < count;
            const u32 place = tile * TILE_BYTES + (has ? own[index] : 0);
            const u32 found = families_together(slot, tables, has, place, characters[warp]);
            if (has) {
                families[index] = (u16)found;
            }
        }
        __syncthreads();
        write_hits(header, tile, count, own, families, hits, spans, outcome);
    }
    answer_if_last(header, outcome, answer);
}
