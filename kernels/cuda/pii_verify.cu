// pii_verify: which families of verifiers find something at each anchor, by characters alone?
//   text     in   u8 [blocks][64]        the slot (common.cuh)
//   header   in   Header                 blocks and hits_max are read
//   tables   in   u32 []                 kernels/src/cuda/tables.rs
//   anchors  in   u16 [tiles][4096]      of pii_scan
//   counts   in   u32 [tiles]            of pii_scan
//   hits     out  Hit [hits_max]         each anchor with a family, once; those of 128 anchors in a row stand
//                                        together and in order of place, such groups in any order
//   outcome  out  Outcome                hits is added to; FAILURE_OVERFLOW where there was no room,
//                                        FAILURE_LAYOUT if header or tables are another version's
// One block of 128 threads a tile, one anchor a thread at a time; tiles beyond the slot's last have none.
// Words around a number, and which of two overlapping ones is meant, are the host's to weigh. For each
// family families.rs says whether its bit is exact or only necessary. Equals kernels/src/cuda/twin.rs.
#include "common.cuh"
#include "document.cuh"
#include "email.cuh"
#include "iban.cuh"
#include "network.cuh"
#include "number.cuh"

// What is found at a group of digits; `values` is room for the characters of a number.
__device__ __forceinline__ u32 families_at_digits(const Text& text, const u32* tables, u32 place, u8* values) {
    u32 families = is_iban(text, tables, place) ? FAMILY_IBAN : 0;
    families |= is_code(text, tables, place, values) ? FAMILY_CODES : 0;
    families |= text.before(place) == '<' && may_be_zone(text, place) ? FAMILY_MRZ : 0;
    families |= is_plate(text, place) ? FAMILY_PLATE : 0;
    families |= may_be_passport(text, place) ? FAMILY_PASSPORT : 0;
    if (!is_alphanumeric(text.before(place))) {
        families |= is_ipv4(text, place) ? FAMILY_IPV4 : 0;
        families |= may_be_date(text, place) ? FAMILY_BIRTH : 0;
        families |= may_be_phone(text, place) ? FAMILY_PHONE : 0;
        families |= families_of_digits(text, tables, place, values);
    }
    return families;
}

// What is found at an anchor.
__device__ __forceinline__ u32 families_at(const Text& text, const u32* tables, u32 place, u8* values) {
    if (text.at(place) == '@') {
        return may_be_email(text, place) ? FAMILY_EMAIL : 0;
    }
    return families_at_digits(text, tables, place, values);
}

// At least three blocks a processor: without it the compiler takes 64 registers and spills.
extern "C" __global__ void __launch_bounds__(VERIFY_THREADS, 3)
    pii_verify(const u8* __restrict__ text, const Header* __restrict__ header, const u32* __restrict__ tables,
               const u16* __restrict__ anchors, const u32* __restrict__ counts, Hit* __restrict__ hits,
               Outcome* __restrict__ outcome) {
    __shared__ u32 warp_counts[VERIFY_THREADS / 32];
    __shared__ u32 base;
    __shared__ u8 characters[CHARACTERS_MAX * VERIFY_THREADS];
    const u32 tile = blockIdx.x, thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
    if (!is_layout(header) || tables[0] != MAGIC || tables[1] != VERSION) {
        if (tile == 0 && thread == 0) {
            atomicOr(&outcome->failure, FAILURE_LAYOUT);
        }
        return;
    }
    const Text slot = {text, header->blocks * BLOCK_BYTES};
    if (tile >= (slot.length + TILE_BYTES - 1) / TILE_BYTES) {
        return;
    }
    const u32 count = counts[tile] < ANCHORS_MAX ? counts[tile] : ANCHORS_MAX;
    for (u32 first = 0; first < count; first += VERIFY_THREADS) {
        u32 place = 0, families = 0;
        if (first + thread < count) {
            place = tile * TILE_BYTES + anchors[(u64)tile * ANCHORS_MAX + first + thread];
            families = families_at(slot, tables, place, characters + thread);
        }
        const u32 votes = __ballot_sync(0xffffffffu, families != 0);
        if (lane == 0) {
            warp_counts[warp] = __popc(votes);
        }
        __syncthreads();
        u32 before = __popc(votes & ((1u << lane) - 1)), all = 0;
        for (u32 other = 0; other < VERIFY_THREADS / 32; other++) {
            before += other < warp ? warp_counts[other] : 0;
            all += warp_counts[other];
        }
        if (thread == 0) {
            base = all == 0 ? 0 : atomicAdd(&outcome->hits, all);
        }
        __syncthreads();
        const u32 slot_of_hit = base + before;
        if (families != 0) {
            if (slot_of_hit < header->hits_max) {
                hits[slot_of_hit] = {place, families};
            } else {
                atomicOr(&outcome->failure, FAILURE_OVERFLOW);
            }
        }
    }
}
