// check: what must hold between the characters of a number. The interpreter of the programs that
// kernels/src/cuda/tables.rs makes of the schemes' checks; equals kernels/src/number/check.rs.
//
// An instruction is three words and its operands: operation | at << 8 | from << 16 | length << 24; where to
// go on if it does not hold (0: the number is none); where to go on if it does. Both lead forward.
#pragma once
#include "common.cuh"

// A number without its separators, in shared memory: 0..=9 for a digit, 10..=35 for a letter. The characters
// of one thread are VERIFY_THREADS bytes apart, so that those of a warp lie side by side.
struct Characters {
    const u8* values;
    u32 length;
    u32 sign; // the separator before the last group, 0 if there is none

    __device__ __forceinline__ u32 at(u32 place) const {
        return place < length ? values[place * VERIFY_THREADS] : 0;
    }

    // Characters from..from + count as a decimal number; a letter counts as its last digit.
    __device__ __forceinline__ u64 number(u32 from, u32 count) const {
        u64 sum = 0;
        for (u32 place = from; place < from + count; place++) {
            sum = sum * 10 + at(place) % 10;
        }
        return sum;
    }

    // What stands from a place on.
    __device__ __forceinline__ Characters behind(u32 from) const {
        return {values + from * VERIFY_THREADS, length - from, sign};
    }
};

// 0..=35, or NO_VALUE.
__device__ __forceinline__ u32 value_of(u32 byte) {
    return is_digit(byte) ? byte - '0' : is_letter(byte) ? (byte | 0x20u) - 'a' + 10 : NO_VALUE;
}

__device__ __forceinline__ bool luhn(const Characters& all, u32 from, u32 length) {
    u32 sum = 0;
    for (u32 place = 0; place < length; place++) {
        const u32 value = all.at(from + length - 1 - place) << place % 2;
        sum += value - (value > 9 ? 9 : 0);
    }
    return sum % 10 == 0;
}

__device__ __forceinline__ bool mod_11_10(const Characters& all, u32 from, u32 length) {
    u32 product = 10;
    for (u32 place = from; place + 1 < from + length; place++) {
        const u32 sum = (all.at(place) + product) % 10;
        product = (sum == 0 ? 10 : sum) * 2 % 11;
    }
    return length > 0 && (11 - product) % 10 == all.at(from + length - 1);
}

// A letter counts as two digits, 10 to 35.
__device__ __forceinline__ u32 remainder(u32 lead, const Characters& all, u32 from, u32 length, u32 modulus) {
    u32 rest = lead % modulus;
    for (u32 place = from; place < from + length; place++) {
        const u32 value = all.at(place);
        rest = (rest * (value < 10 ? 10 : 100) + value) % modulus;
    }
    return rest;
}

// The remainder of number(from, length); 64 bits are slow to divide.
__device__ __forceinline__ u32 decimal_remainder(const Characters& all, u32 from, u32 length, u32 modulus) {
    u32 rest = 0;
    for (u32 place = from; place < from + length; place++) {
        rest = (rest * 10 + all.at(place) % 10) % modulus;
    }
    return rest;
}

__device__ __forceinline__ bool is_date(u32 two_digit_year, u32 month, u32 day) {
    // Bit n: month n has 31 days, has 30.
    const u32 bit = month & 31;
    const u32 last = 0x15aau >> bit & 1 ? 31 : 0xa50u >> bit & 1 ? 30 : two_digit_year % 4 == 0 ? 29 : 28;
    return month - 1 < 12 && day - 1 < last;
}

__device__ __forceinline__ bool is_date_of_year(u32 year, u32 month, u32 day) {
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return is_date(year % 100, month, day) && (leap || month != 2 || day != 29);
}

// Of a table of bytes in words the one at an index.
__device__ __forceinline__ u32 byte_of(const u32* words, u32 index) {
    return words[index / 4] >> index % 4 * 8 & 0xff;
}

// Weights: first place | count << 8, then as many words. The remainder of the sum, never negative.
__device__ __forceinline__ u32 weighted(const u32* weights, const Characters& all, u32 modulus, bool digit_sums) {
    const u32 first = weights[0] & 0xff, count = weights[0] >> 8;
    int sum = 0;
    for (u32 index = 0; index < count; index++) {
        const int product = (int)all.at(first + index) * (int)weights[1 + index];
        sum += digit_sums ? product / 10 + product % 10 : product;
    }
    const int rest = sum % (int)modulus;
    return rest < 0 ? rest + modulus : rest;
}

// How many words weights take.
__device__ __forceinline__ u32 weights_words(const u32* weights) {
    return 1 + (weights[0] >> 8);
}

// modulus, weights, how many are expected, those as bytes.
__device__ __forceinline__ bool is_expected(const u32* more, const Characters& all, u32 at, bool digit_sums) {
    const u32 rest = weighted(more + 1, all, more[0], digit_sums);
    const u32* expected = more + 1 + weights_words(more + 1);
    if (rest >= expected[0]) {
        return false;
    }
    const u32 wanted = byte_of(expected + 1, rest);
    return wanted == all.at(at) && wanted != NO_VALUE;
}

__device__ __forceinline__ bool twice(const u32* more, const Characters& all, u32 at) {
    u32 rest = weighted(more, all, 11, false);
    if (rest == 10) {
        rest = weighted(more + weights_words(more), all, 11, false) % 10;
    }
    return rest == all.at(at);
}

// How many ranges there are, then first and last of each, low words first.
__device__ __forceinline__ bool is_among(const u32* more, u64 number) {
    bool among = false;
    for (u32 index = 0; index < more[0]; index++) {
        const u32* range = more + 1 + index * 4;
        const u64 first = range[0] | (u64)range[1] << 32, last = range[2] | (u64)range[3] << 32;
        among = among || (first <= number && number <= last);
    }
    return among;
}

__device__ __forceinline__ bool is_mixed(const Characters& all, u32 from, u32 length) {
    bool mixed = false;
    for (u32 place = from + 1; place < from + length; place++) {
        mixed = mixed || all.at(place) != all.at(place - 1);
    }
    return mixed;
}

// Where the century is not written, 00 may be 2000 and has a 29 February.
__device__ __forceinline__ bool is_day(u32 digits, u32 century, u32 year, u32 month, u32 day) {
    if (digits == 4) {
        return year - 1850 <= 2099 - 1850 && is_date_of_year(year, month, day);
    }
    if (digits == 3 && year - 100 < 750) {
        return false;
    }
    const u32 base = digits == 3 ? (year >= 850 ? 1000 : 2000) : century == 0 ? 2000 : century;
    return is_date_of_year(base + year, month, day);
}

// year | digits of the year << 8 | month << 16 | day << 24; the place that tells the century or NO_VALUE;
// how many months, days; months (what is added, the century), days (what is added), ten centuries.
__device__ __forceinline__ bool is_date_written(const u32* more, const Characters& all) {
    const u32 digits = more[0] >> 8 & 0xff;
    const u32 year = (u32)all.number(more[0] & 0xff, digits);
    const u32 month = (u32)all.number(more[0] >> 16 & 0xff, 2), day = (u32)all.number(more[0] >> 24, 2);
    const u32 months_count = more[2], days_count = more[3];
    const u32 *months = more + 4, *days = months + 2 * months_count, *centuries = days + days_count;
    u32 century = 0;
    if (more[1] != NO_VALUE) {
        const u32 told = all.at(more[1]);
        century = told < 10 ? centuries[told] : 0;
        if (century == 0) {
            return false;
        }
    }
    for (u32 index = 0; index < months_count; index++) {
        const u32 of_year = month - months[2 * index];
        const u32 of_month = months[2 * index + 1] == 0 ? century : months[2 * index + 1];
        for (u32 other = 0; other < days_count; other++) {
            if (of_year - 1 < 12 && is_day(digits, of_month, year, of_year, day - days[other])) {
                return true;
            }
        }
    }
    return false;
}

#include "own.cuh"

// Does the instruction at `code` hold?
__device__ __forceinline__ bool instruction_holds(const u32* code, const Characters& all) {
    const u32 at = code[0] >> 8 & 0xff, from = code[0] >> 16 & 0xff, length = code[0] >> 24;
    const u32* more = code + 3;
    switch (code[0] & 0xff) {
    case CHECK_SUM:
        return is_expected(more, all, at, false);
    case CHECK_DIGITS:
        return is_expected(more, all, at, true);
    case CHECK_ZERO:
        return weighted(more + 1, all, more[0], false) == 0;
    case CHECK_TWICE:
        return twice(more, all, at);
    case CHECK_LUHN:
        return luhn(all, from, length);
    case CHECK_ISO_11:
        return mod_11_10(all, from, length);
    case CHECK_REMAINDER: { // lead, modulus, complement | width << 8
        const u32 rest = remainder(more[0], all, from, length, more[1]);
        return ((more[2] & 1) != 0 ? more[1] - rest : rest) == all.number(at, more[2] >> 8);
    }
    case CHECK_DATE:
        return is_date_written(more, all);
    case CHECK_AMONG:
        return is_among(more, all.number(from, length));
    case CHECK_NOT:
        return !is_among(more, all.number(from, length));
    case CHECK_ONE_OF: // a bit for each value, low word first
        return (all.at(at) < 32 ? more[0] >> all.at(at) & 1 : more[1] >> (all.at(at) - 32) & 1) != 0;
    case CHECK_MIXED:
        return is_mixed(all, from, length);
    case CHECK_LETTER: // how many, then as bytes
        return byte_of(more + 1, decimal_remainder(all, from, length, more[0])) == all.at(at);
    case CHECK_LENGTH:
        return all.length == length;
    case CHECK_SIGN:
        return all.sign == more[0];
    case CHECK_OWN:
        return own_holds(more[0], all);
    case CHECK_JUMP:
        return true;
    default:
        return false; // CHECK_NEVER
    }
}

// Do all checks of the program at `start` hold?
__device__ __forceinline__ bool checks_hold(const u32* tables, u32 start, const Characters& all) {
    u32 place = start;
    for (u32 step = 0; step < PROGRAM_STEPS_MAX; step++) {
        const u32* code = tables + place;
        if ((code[0] & 0xff) == CHECK_ACCEPT) {
            return true;
        }
        place = code[instruction_holds(code, all) ? 2 : 1];
        if (place == 0) {
            return false;
        }
    }
    return false;
}
