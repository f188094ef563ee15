// common: types and reading of bytes, for every kernel here.
//
// A slot holds texts. Each starts at a multiple of 64 bytes, is padded with NUL to the next multiple, and
// has a block of NUL behind it: outside of a text stands NUL, as in kernels/src/bytes.rs. So a run of
// bytes of which NUL is none ends at the latest where its text ends, and looking up to 64 bytes beyond a
// byte that is not NUL stays inside of the text or in NULs. No code here looks farther than that.
//
// Integers only. Every loop has a bound. What is called from several places is not inlined there: a kernel's code
// has to fit the processors' instruction caches, and misses of those cost more than calls. Such a function takes a text by
// value: by reference it would stand in memory, and each byte that is read cost two reads more.
#pragma once
#include "layout.cuh"

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

// Written by the host before each launch, on the device or mapped: a captured graph reads its fill from here.
struct Header {
    u32 magic;        // MAGIC
    u32 version;      // VERSION
    u32 blocks;       // blocks of 64 bytes of the slot that hold texts, NUL blocks among them
    u32 hits_max;     // room in the list of hits
    u32 sequence;     // which launch this is, never 0
    u32 wanted;       // FAMILY_*: which families are asked for
    u32 edits;        // redact: how many edits
    u32 out_blocks;   // redact: blocks of 64 bytes to write
    u32 replacements; // redact: how many replacements
    u32 replacement_bytes; // redact: how long all of them are together
};

// Device memory: what comes out of a slot, while it is worked on. Zeros before the first launch; the block that ends
// last leaves zeros to the next one.
struct Outcome {
    u32 hits;    // how many hits there are; more than hits_max if there was no room
    u32 failure; // FAILURE_*: the slot is to be read again on the CPU
    u32 ended;   // blocks of threads that are done
};

// Memory of the host, mapped: what the host waits for. The sequence is written last, when all else is there.
struct Answer {
    u32 blocks;  // as in the header
    u32 hits;    // as in the outcome
    u32 failure;
    u32 sequence;
};

// Memory of the host, mapped: the hits of one tile. The host clears it before a launch.
struct Span {
    u32 first; // the first of them
    u32 count; // how many; of a tile without any nothing is written
};

// A place of a slot and what is written instead (redact).
struct Edit {
    u32 start;       // the first byte that is replaced
    u32 end;         // the byte after the last one
    u32 replacement; // which replacement
    u32 out;         // where it is written
};

// 16 bytes at once.
struct __align__(16) Sixteen {
    u32 a, b, c, d;
};

__device__ __forceinline__ bool is_layout(const Header* header) {
    return header->magic == MAGIC && header->version == VERSION;
}

// The bytes of a slot; outside of it stands NUL, before its first byte too.
struct Slot {
    const u8* bytes;
    u32 length;

    __device__ __forceinline__ u32 at(u32 place) const {
        return place < length ? bytes[place] : 0;
    }
};

// The same, with those of one window at hand.
struct Text {
    Slot slot;
    const u8* window; // shared memory, WINDOW_BYTES
    u32 from;         // the place of its first byte; of the first window one before the slot's, which wraps

    __device__ __forceinline__ u32 at(u32 place) const {
        const u32 offset = place - from;
        return offset < WINDOW_BYTES ? window[offset] : slot.at(place);
    }
    __device__ __forceinline__ u32 before(u32 place) const {
        return at(place - 1);
    }
};

__device__ __forceinline__ bool is_digit(u32 byte) {
    return byte - '0' < 10u;
}
__device__ __forceinline__ bool is_capital(u32 byte) {
    return byte - 'A' < 26u;
}
__device__ __forceinline__ bool is_small(u32 byte) {
    return byte - 'a' < 26u;
}
__device__ __forceinline__ bool is_letter(u32 byte) {
    return (byte | 0x20u) - 'a' < 26u;
}
__device__ __forceinline__ bool is_alphanumeric(u32 byte) {
    return is_digit(byte) || is_letter(byte);
}
__device__ __forceinline__ u32 upper(u32 byte) {
    return is_small(byte) ? byte - 0x20u : byte;
}
__device__ __forceinline__ u32 lower(u32 byte) {
    return is_capital(byte) ? byte + 0x20u : byte;
}
