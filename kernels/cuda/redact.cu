// redact: texts with some places replaced.
//   text          in   u8 [blocks][64]         the slot (common.cuh)
//   header        in   Header                  blocks, edits, out_blocks, replacements, replacement_bytes are read
//   edits         in   Edit [edits]            in order of `out` and of `start`; they do not overlap
//   offsets       in   u32 [replacements + 1]  where each replacement starts in `bytes`, and where the last ends
//   bytes         in   u8 [replacement_bytes]  the replacements, one behind the other
//   out           out  u8 [out_blocks][64]     at an address that is a multiple of 16
//   outcome       out  Outcome                 failure: FAILURE_LAYOUT if an input is none of this; else as it was
// Each text begins with an edit that replaces nothing (start == end) by nothing: it says where the text
// goes. What follows an edit is copied up to where the next one starts, and what remains up to where the
// next one is written is NUL. One thread writes 16 bytes; ceil(out_blocks * 4 / 256) blocks of 256 threads
// or more. Integers only: equals kernels/src/cuda/splice.rs.
#include "common.cuh"

// The last edit that is written at or before `place`; the first one if there is none.
__device__ __forceinline__ u32 edit_at(const Edit* edits, u32 count, u32 place) {
    u32 low = 0, high = count;
    while (high - low > 1) {
        const u32 middle = low + (high - low) / 2;
        if (edits[middle].out <= place) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

// Four bytes from any place on; NUL beyond the end. The slot's length is a multiple of 64.
__device__ __forceinline__ u32 four(const u32* words, u32 count, u32 place) {
    const u32 index = place / 4, shift = place % 4 * 8;
    const u32 low = index < count ? words[index] : 0, high = index + 1 < count ? words[index + 1] : 0;
    return shift == 0 ? low : low >> shift | high << (32 - shift);
}

struct Replacements {
    const u32* offsets;
    const u8* bytes;
    u32 count, total;
};

// What is written for one edit: a replacement, a copy, NUL.
struct Piece {
    u32 out, replaced, source, copied, from;

    __device__ __forceinline__ u32 at(const Slot& text, const u8* replacements, u32 place) const {
        const u32 offset = place - out;
        if (offset < replaced) {
            return replacements[from + offset];
        }
        return offset - replaced < copied ? text.at(source + (offset - replaced)) : 0;
    }
};

// False if the edit is none.
__device__ __forceinline__ bool piece_of(const Edit* edits, u32 count, u32 index, u32 length, const Replacements& all, Piece& piece) {
    const Edit edit = edits[index];
    const u32 next = index + 1 < count ? edits[index + 1].start : length;
    if (edit.replacement >= all.count || edit.start > edit.end || edit.end > next || next > length) {
        return false;
    }
    piece.from = all.offsets[edit.replacement];
    const u32 until = all.offsets[edit.replacement + 1];
    if (piece.from > until || until > all.total) {
        return false;
    }
    piece.out = edit.out;
    piece.replaced = until - piece.from;
    piece.source = edit.end;
    piece.copied = next - edit.end;
    return true;
}

extern "C" __global__ void __launch_bounds__(REDACT_THREADS)
    redact(const u32* __restrict__ text, const Header* __restrict__ header, const Edit* __restrict__ edits,
           const u32* __restrict__ offsets, const u8* __restrict__ bytes, Sixteen* __restrict__ out,
           Outcome* __restrict__ outcome) {
    const u32 unit = blockIdx.x * REDACT_THREADS + threadIdx.x;
    const bool valid = is_layout(header);
    if (!valid || unit >= header->out_blocks * (BLOCK_BYTES / 16)) {
        if (!valid && unit == 0) {
            atomicOr(&outcome->failure, FAILURE_LAYOUT);
        }
        return;
    }
    const Replacements all = {offsets, bytes, header->replacements, header->replacement_bytes};
    const Slot slot = {(const u8*)text, header->blocks * BLOCK_BYTES};
    const u32 count = header->edits, place = unit * 16;
    u32 words[4] = {0, 0, 0, 0};
    u32 index = edit_at(edits, count, place);
    Piece piece = {0, 0, 0, 0, 0};
    bool sound = count == 0 || piece_of(edits, count, index, slot.length, all, piece);
    u32 next = index + 1 < count ? edits[index + 1].out : 0xffffffffu;
    const u32 offset = place - piece.out;
    if (sound && count != 0 && place >= piece.out && offset >= piece.replaced && next - place >= 16 &&
        offset - piece.replaced + 16 <= piece.copied) {
        const u32 source = piece.source + (offset - piece.replaced);
#pragma unroll
        for (u32 word = 0; word < 4; word++) {
            words[word] = four(text, slot.length / 4, source + word * 4);
        }
    } else if (sound && count != 0) {
#pragma unroll
        for (u32 byte = 0; byte < 16; byte++) {
            const u32 here = place + byte;
            // More than one edit may be written at one place: one without a replacement starts a text.
            while (sound && here >= next) {
                index++;
                sound = piece_of(edits, count, index, slot.length, all, piece);
                next = index + 1 < count ? edits[index + 1].out : 0xffffffffu;
            }
            if (sound && here >= piece.out) {
                words[byte / 4] |= piece.at(slot, bytes, here) << byte % 4 * 8;
            }
        }
    }
    if (!sound) {
        atomicOr(&outcome->failure, FAILURE_LAYOUT);
    }
    out[unit] = {words[0], words[1], words[2], words[3]};
}
