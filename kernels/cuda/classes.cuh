// classes: which of the 32 bytes of a lane are digits, letters, marks: a bit each, the first byte's the lowest.
//
// The bytes are turned into eight planes, the n-th bit of each byte in one word, so that a class costs a few
// three-input operations for all 32 of them.
#pragma once
#include "common.cuh"

struct Classes {
    u32 digits, letters, capitals;
    u32 marks;  // ' ', '-', '.' and '/': what may stand between two groups of nearly any number
    u32 parens; // '(' and ')'
    u32 pluses;
    u32 ats;
    u32 wide; // outside of ASCII
};

struct Planes {
    u32 bit[8];
};

// Eight bytes as an 8 x 8 matrix of bits, turned: byte n of `low` then `high` is bit n of all of them
// (Warren, Hacker's Delight 7-3).
__device__ __forceinline__ void turn(u32& low, u32& high) {
    u32 moved = (low ^ low >> 7) & 0x00aa00aau;
    low ^= moved ^ moved << 7;
    moved = (high ^ high >> 7) & 0x00aa00aau;
    high ^= moved ^ moved << 7;
    moved = (low ^ low >> 14) & 0x0000ccccu;
    low ^= moved ^ moved << 14;
    moved = (high ^ high >> 14) & 0x0000ccccu;
    high ^= moved ^ moved << 14;
    moved = (low ^ high << 4) & 0xf0f0f0f0u;
    low ^= moved;
    high ^= moved >> 4;
}

// Byte n of each of four words to word n.
__device__ __forceinline__ void collect(const u32 (&words)[4], u32* planes) {
    const u32 low = __byte_perm(words[0], words[1], 0x5140), high = __byte_perm(words[0], words[1], 0x7362);
    const u32 more_low = __byte_perm(words[2], words[3], 0x5140), more_high = __byte_perm(words[2], words[3], 0x7362);
    planes[0] = __byte_perm(low, more_low, 0x5410);
    planes[1] = __byte_perm(low, more_low, 0x7632);
    planes[2] = __byte_perm(high, more_high, 0x5410);
    planes[3] = __byte_perm(high, more_high, 0x7632);
}

__device__ __forceinline__ Planes planes_of(const Sixteen& first, const Sixteen& second) {
    u32 low[4] = {first.a, first.c, second.a, second.c}, high[4] = {first.b, first.d, second.b, second.d};
    for (u32 eight = 0; eight < 4; eight++) {
        turn(low[eight], high[eight]);
    }
    Planes planes;
    collect(low, planes.bit);
    collect(high, planes.bit + 4);
    return planes;
}

__device__ __forceinline__ Classes classes_of(const Planes& planes) {
    const u32 *b = planes.bit, ascii = ~b[7];
    const u32 letter_rank = b[4] & b[3] & (b[2] | (b[1] & b[0])); // of the low five bits: 27 and more
    const u32 any_rank = b[4] | b[3] | b[2] | b[1] | b[0];
    const u32 sixties = ascii & b[6];                             // 0x40..=0x7f
    const u32 twenties = ascii & ~b[6] & b[5] & ~b[4];            // 0x20..=0x2f
    Classes all;
    all.digits = ascii & ~b[6] & b[5] & b[4] & ~(b[3] & (b[2] | b[1]));
    all.letters = sixties & any_rank & ~letter_rank;
    all.capitals = all.letters & ~b[5];
    all.marks = twenties & ((b[3] & b[2] & (b[1] | b[0])) | ~(b[3] | b[2] | b[1] | b[0])); // 2d 2e 2f, 20
    all.parens = twenties & b[3] & ~b[2] & ~b[1];                                          // 28 29
    all.pluses = twenties & b[3] & ~b[2] & b[1] & b[0];                                    // 2b
    all.ats = sixties & ~b[5] & ~any_rank;
    all.wide = b[7];
    return all;
}
