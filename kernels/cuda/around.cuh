// around: what stands around an anchor, told from the classes of the bytes beside it alone. Each test here is some
// family's (families.rs), or must hold wherever one finds something. A bit for each byte: of what is ahead bit 0 is the
// anchor's, of what is behind bit 31 is the byte's before it.
#pragma once
#include "classes.cuh"

// What a warp has at hand of its window, in shared memory.
struct Window {
    Sixteen bytes[WINDOW_BYTES / 16];
    u32 digits[32], letters[32], capitals[32], marks[32], parens[32], pluses[32], wide[32];
    u16 anchors[TILE_BYTES]; // places in the window
    u32 named[32];           // a bit for each byte at which something is found
    u8 characters[32];       // of the number that all lanes look at
};

struct Around {
    u64 digits, letters, capitals, marks, parens, pluses, wide;
    u32 digits_behind, letters_behind, capitals_behind, marks_behind, pluses_behind;
};

// The 64 bits from `shift` on of three words.
__device__ __forceinline__ u64 ahead(const u32* words, u32 shift) {
    return __funnelshift_r(words[0], words[1], shift) | (u64)__funnelshift_r(words[1], words[2], shift) << 32;
}

// The 32 bits before `shift`, of a word and the one before it.
__device__ __forceinline__ u32 behind(const u32* words, u32 shift) {
    return __funnelshift_r(words[-1], words[0], shift);
}

// Around a byte of the window that is not in its edges.
__device__ __forceinline__ Around around(const Window& window, u32 offset) {
    const u32 word = offset / 32, shift = offset % 32;
    return {ahead(window.digits + word, shift),    ahead(window.letters + word, shift),
            ahead(window.capitals + word, shift),  ahead(window.marks + word, shift),
            ahead(window.parens + word, shift),    ahead(window.pluses + word, shift),
            ahead(window.wide + word, shift),      behind(window.digits + word, shift),
            behind(window.letters + word, shift),  behind(window.capitals + word, shift),
            behind(window.marks + word, shift),    behind(window.pluses + word, shift)};
}

// How many ones there are from the lowest bit on.
__device__ __forceinline__ u32 ones(u64 bits) {
    return ~bits == 0 ? 64 : (u32)__ffsll((long long)~bits) - 1;
}

// How many from the highest bit on.
__device__ __forceinline__ u32 ones_behind(u32 bits) {
    return (u32)__clz((int)~bits);
}

__device__ __forceinline__ u64 below(u32 bits) {
    return bits < 64 ? (1ull << bits) - 1 : ~0ull;
}

// Bit `place`, which may be beyond the last one.
__device__ __forceinline__ bool has(u64 bits, u32 place) {
    return place < 64 && (bits >> place & 1) != 0;
}

__device__ __forceinline__ bool starts_word(const Around& all) {
    return (all.digits_behind | all.letters_behind) >> 31 == 0;
}

// Does the group that starts here belong to a code: one with a digit, or a few capitals?
__device__ __forceinline__ bool starts_code(u64 digits, u64 letters, u64 capitals) {
    const u32 length = ones(digits | letters);
    const u64 group = below(length);
    return (digits & group) != 0 || (length <= CODE_LETTER_GROUP_MAX && (capitals & group) == group);
}

__device__ __forceinline__ bool follows_capital(const Around& all) {
    return ((all.marks_behind | all.pluses_behind) >> 31) != 0 && (all.capitals_behind >> 30 & 1) != 0;
}

// Is it a number of prose, at which nothing is found? As Scanner::is_a_small_number of kernels/src/scan.rs.
__device__ __forceinline__ bool is_small_number(const Around& all, u32 before) {
    const u32 length = ones(all.digits);
    if (length >= NUMBER_SHORTEST || all.letters_behind >> 31 != 0 || before == '+' || before == '(' || before == '<' ||
        follows_capital(all)) {
        return false;
    }
    if (!has(all.marks | all.parens | all.pluses, length)) {
        return !has(all.letters, length) && (all.digits >> (length + 2) & 0xf) != 0xf;
    }
    const u64 digits = all.digits >> length, letters = all.letters >> length;
    const u64 next = digits & (0 - digits);
    const u64 year = next & digits >> 1 & digits >> 2 & digits >> 3 & below(BIRTH_YEAR_AHEAD);
    const u64 groups = digits & (u64)PHONE_SEPARATORS_AHEAD;
    const bool code = has(letters, 1) && starts_code(digits >> 1, letters >> 1, all.capitals >> length >> 1);
    return (year | groups) == 0 && !code;
}

// May a letter, or a group with letters, belong to the number? As Run::goes_on of kernels/src/digits.rs.
__device__ __forceinline__ bool goes_on(const Around& all) {
    u64 left = all.digits;
    u32 offset = 0, count = 0;
    for (u32 group = 0; group < NUMBER_GROUPS_MAX; group++) {
        const u32 length = ones(left);
        count += length;
        if (count > NUMBER_DIGITS_MAX) {
            return false;
        }
        offset += length;
        left >>= length;
        const bool separated = has(all.marks | all.pluses, offset);
        if ((left & 2) == 0 || !separated) {
            const u64 letters = all.letters >> offset;
            return (letters & 1) != 0 ||
                   ((letters & 2) != 0 && separated && starts_code(left >> 1, letters >> 1, all.capitals >> offset >> 1));
        }
        left >>= 1;
        offset++;
    }
    return false;
}

// May letters belong to the number, before, in or behind it?
__device__ __forceinline__ bool may_be_code(const Around& all) {
    return all.letters_behind >> 31 != 0 || follows_capital(all) || goes_on(all);
}

// Enough digits with the marks of telephone numbers between them (necessary).
__device__ __forceinline__ bool may_be_phone(const Around& all) {
    const u32 digits = (u32)all.digits, marks = (u32)(all.marks | all.parens);
    const u32 four = marks & marks >> 1 & marks >> 2 & marks >> 3;
    u32 end = min(ones(all.digits | all.marks | all.parens), PHONE_BYTES_MAX);
    end = four != 0 ? min(end, (u32)__ffs((int)four) - 1 + 3) : end;
    return (u32)__popc(digits & ((1u << end) - 1)) >= PHONE_DIGITS_MIN;
}

// Eight digits; or a day and a year of four digits; or a number, then two more, or words and a year of four digits, or
// that year, words and a number (necessary).
__device__ __forceinline__ bool may_be_date(const Around& all) {
    const u32 row = ones(all.digits), first = row + min(ones((all.letters | all.wide) >> row), 2u);
    const u64 behind = all.digits >> first;
    if (row == 8 || (row < 3 && ((behind >> 1 & 0xf) == 0xf || (behind >> 2 & 0xf) == 0xf))) {
        return true;
    }
    if (row > 9 || !has(all.marks, first)) {
        return false;
    }
    const u32 second = first + min(ones(all.marks >> first), 3u);
    const u64 digits = all.digits >> second;
    if ((digits & 1) != 0) {
        const u32 mark = ones(digits);
        const u32 third = mark < 3 ? min(ones(all.marks >> (second + mark)), 2u) : 0;
        return third > 0 && has(digits, mark + third);
    }
    const u32 words = ones((all.letters | all.wide | all.marks) >> second);
    const u32 last = (u32)(digits >> words) & 0xf;
    return words - 1 < 24 && (last == 0xf || (row == 4 && (last & 1) != 0));
}

// Capitals and digits, as many as a document's number has (necessary).
__device__ __forceinline__ bool may_be_passport(const Around& all) {
    const u32 before = ones_behind(all.digits_behind | all.capitals_behind), after = ones(all.digits | all.capitals);
    return before + after >= PASSPORT_MIN && before + after <= PASSPORT_MAX && !has(all.letters, after) &&
           (all.letters_behind << before >> 31) == 0;
}

// Is there a capital that no small letter stands beside, with nothing but what plates have up to it?
__device__ __forceinline__ bool may_be_plate(const Around& all) {
    const u64 small = all.letters & ~all.capitals, parts = all.capitals | all.digits | all.marks;
    const u32 small_behind = all.letters_behind & ~all.capitals_behind;
    const u32 before = ones_behind(all.capitals_behind | all.digits_behind | all.marks_behind);
    const u32 capitals_behind = all.capitals_behind & ~(small_behind << 1);
    return (all.capitals & ~(small >> 1) & below(ones(parts))) != 0 ||
           (before > 0 && capitals_behind >> (32 - before) != 0);
}

// Do two letters stand before the digits, perhaps with a mark between?
__device__ __forceinline__ bool may_be_iban(const Around& all) {
    return (all.letters_behind >> (all.marks_behind >> 31 != 0 ? 29 : 30) & 3) == 3;
}

// A short number, then a mark and a digit.
__device__ __forceinline__ bool may_be_ipv4(const Around& all) {
    const u32 length = ones(all.digits);
    return length <= 3 && has(all.marks, length) && has(all.digits, length + 1);
}
