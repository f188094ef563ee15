// document: lines of machine-readable zones, and plates, by their form. Plates as kernels/src/document/plate.rs without
// the word before them; of a zone only the length of its line is looked at (necessary), its check digits are the host's.
#pragma once
#include "common.cuh"

__device__ __forceinline__ bool is_zone(u32 byte) {
    return is_capital(byte) || is_digit(byte) || byte == '<';
}

// Is the line around `place` as long as one of a format?
__device__ __forceinline__ bool may_be_zone(const Text& text, u32 place) {
    if (!is_zone(text.at(place))) {
        return false;
    }
    u32 start = place, end = place;
    while (place - start < MRZ_LINE_MAX && is_zone(text.before(start))) {
        start--;
    }
    while (end - place < MRZ_LINE_MAX + 1 && is_zone(text.at(end))) {
        end++;
    }
    return end - start == 44 || end - start == 36 || end - start == 30;
}

// Steps from `place` forward (or back) over capitals, digits and one mark, at most `bound` of them.
__device__ __forceinline__ u32 plate_end(const Text& text, u32 place, u32 bound, u32 mark) {
    u32 end = place;
    while (end - place < bound && (is_capital(text.at(end)) || is_digit(text.at(end)) || text.at(end) == mark)) {
        end++;
    }
    return end;
}

__device__ __forceinline__ u32 plate_start(const Text& text, u32 place, u32 bound, bool digits) {
    u32 start = place;
    while (place - start < bound) {
        const u32 byte = text.before(start);
        if (!is_capital(byte) && byte != '-' && !(digits && is_digit(byte))) {
            break;
        }
        start--;
    }
    return start;
}

// Up to `bound` digits, or capitals, from `place` on: where they end.
__device__ __forceinline__ u32 group_end(const Text& text, u32 place, u32 bound, bool digits) {
    u32 end = place;
    while (end - place < bound && (digits ? is_digit(text.at(end)) : is_capital(text.at(end)))) {
        end++;
    }
    return end;
}

__device__ __forceinline__ bool is_plate_mark(u32 byte) {
    return byte == '-' || byte == ' ';
}

// Is `start..end` a year, a county and a number, as in Ireland?
__device__ __forceinline__ bool is_irish(const Text& text, u32 start, u32 end) {
    const u32 year = group_end(text, start, 4, true);
    const u32 county = group_end(text, year + 1, 3, false);
    const u32 number = group_end(text, county + 1, 7, true);
    return year - start - 2 < 2 && is_plate_mark(text.at(year)) && county - year - 2 < 2 && is_plate_mark(text.at(county)) &&
           number - county - 2 < 6 && number == end;
}

// Letters and digits in the groups of plates around the group of digits at `digit`.
__device__ __forceinline__ bool is_plate(const Text& text, u32 digit) {
    u32 start = plate_start(text, digit, PLATE_MAX, true);
    for (u32 group = 0; group < 2; group++) {
        if (text.before(start) != ' ') {
            break;
        }
        const u32 first = plate_start(text, start - 1, 6, false);
        if (first == start - 1 || digit - first > 8) {
            break;
        }
        start = first;
    }
    u32 end = plate_end(text, digit, PLATE_MAX, '-');
    for (u32 group = 0; group < 2; group++) {
        const u32 next = plate_end(text, end + 1, 5, 'A');
        if (text.at(end) != ' ' || next == end + 1 || next - start > PLATE_MAX || is_alphanumeric(text.at(next))) {
            break;
        }
        end = next;
    }
    u32 letters = 0, digits = 0;
    for (u32 place = start; place < end; place++) {
        letters += is_capital(text.at(place)) ? 1 : 0;
        digits += is_digit(text.at(place)) ? 1 : 0;
    }
    return letters - 1 < 6 && (digits - 1 < 6 || is_irish(text, start, end)) && letters + digits >= PLATE_MIN && !is_alphanumeric(text.before(start)) &&
           !is_alphanumeric(text.at(end));
}
