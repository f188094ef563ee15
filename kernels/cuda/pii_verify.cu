// pii_verify: which families of verifiers find something at each anchor, by characters alone?
//   text     in   u8 [blocks][64]        the slot (common.cuh)
//   header   in   Header                 blocks and hits_max are read
//   tables   in   u32 []                 kernels/src/cuda/tables.rs
//   anchors  in   u16 [tiles][1024]      of pii_scan
//   counts   in   u32 [tiles]            of pii_scan
//   hits     out  Hit [hits_max]         each anchor with a family, once; those of a tile together and in order of place
//   spans    out  Span [tiles]           where those of each tile are; of tiles with hits alone
//   outcome  i/o  Outcome                hits is added to; FAILURE_OVERFLOW where there was no room,
//                                        FAILURE_LAYOUT if header or tables are another version's
// One warp a tile, one anchor a lane at a time; what may be a number the whole warp looks at (number.cuh).
// VERIFY_THREADS threads a block, whose warps never wait for one another. Words around a number, and which of two overlapping ones is
// meant, are the host's to weigh. For each family families.rs says whether its bit is exact or only necessary.
// Equals kernels/src/cuda/twin.rs.
#include "common.cuh"
#include "document.cuh"
#include "email.cuh"
#include "iban.cuh"
#include "network.cuh"
#include "number.cuh"

#define VERIFY_WARPS (VERIFY_THREADS / 32)

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
    const u32 lane = threadIdx.x % 32;
    u32 all = 0;
    for (u32 first = 0; first < count; first += 32) {
        all += __popc(lanes_of(first + lane < count && families[first + lane] != 0));
    }
    if (all == 0) {
        return; // all lanes alike
    }
    u32 slot = from_lane(lane == 0 ? atomicAdd(&outcome->hits, all) : 0, 0);
    if (lane == 0) {
        spans[tile] = {slot, all};
    }
    for (u32 first = 0; first < count; first += 32) {
        const u32 found = first + lane < count ? families[first + lane] : 0;
        const u32 lanes = lanes_of(found != 0);
        const u32 own = slot + __popc(lanes & ((1u << lane) - 1));
        if (found != 0) {
            if (own < header->hits_max) {
                hits[own] = {tile * TILE_BYTES + anchors[first + lane], found};
            } else {
                atomicOr(&outcome->failure, FAILURE_OVERFLOW);
            }
        }
        slot += __popc(lanes);
    }
}

extern "C" __global__ void __launch_bounds__(VERIFY_THREADS, 3)
    pii_verify(const u8* __restrict__ text, const Header* __restrict__ header, const u32* __restrict__ tables,
               const u16* __restrict__ anchors, const u32* __restrict__ counts, Hit* __restrict__ hits,
               Span* __restrict__ spans, Outcome* __restrict__ outcome) {
    __shared__ u16 all_families[VERIFY_WARPS][ANCHORS_MAX];
    __shared__ u8 all_characters[VERIFY_WARPS][32];
    const u32 lane = threadIdx.x % 32, warp = threadIdx.x / 32, tile = blockIdx.x * VERIFY_WARPS + warp;
    u16* families = all_families[warp];
    const bool valid = is_layout(header) && tables[0] == MAGIC && tables[1] == VERSION;
    const Text slot = {text, valid ? header->blocks * BLOCK_BYTES : 0};
    if (!valid && tile == 0 && lane == 0) {
        atomicOr(&outcome->failure, FAILURE_LAYOUT);
    }
    const u32 count = valid && counts[tile] < ANCHORS_MAX ? counts[tile] : valid ? ANCHORS_MAX : 0;
    if (count != 0) {
        const u16* own = anchors + (u64)tile * ANCHORS_MAX;
        for (u32 first = 0; first < count; first += 32) {
            const bool has = first + lane < count;
            const u32 place = tile * TILE_BYTES + (has ? own[first + lane] : 0);
            const u32 found = families_together(slot, tables, has, place, all_characters[warp]);
            if (has) {
                families[first + lane] = (u16)found;
            }
        }
        __syncwarp();
        write_hits(header, tile, count, own, families, hits, spans, outcome);
    }
}
