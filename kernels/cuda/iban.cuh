// iban: is there an account whose check digits start here? As kernels/src/payment/iban.rs.
#pragma once
#include "number.cuh"

__device__ __forceinline__ bool is_iban_separator(u32 byte) {
    return byte == ' ' || byte == '-' || byte == '.' || byte == '/';
}

// The rest of a number by 97 with one more character behind it.
__device__ __forceinline__ u32 rest_97(u32 rest, u32 byte) {
    const u32 value = value_of(byte);
    return (rest * (value < 10 ? 10 : 100) + value) % 97;
}

// Where the two letters before the check digits start, perhaps with a separator between; `digit` if they do not.
__device__ __forceinline__ u32 country_start(const Text& text, u32 digit) {
    const u32 start = digit - (is_iban_separator(text.before(digit)) ? 3 : 2);
    if (!is_letter(text.at(start)) || !is_letter(text.at(start + 1))) {
        return digit;
    }
    const bool labelled = lower(text.at(start - 4)) == 'i' && lower(text.at(start - 3)) == 'b' &&
                          lower(text.at(start - 2)) == 'a' && lower(text.at(start - 1)) == 'n';
    return labelled || !is_alphanumeric(text.before(start)) ? start : digit;
}

// A structure: how many characters follow the check digits, then two bits a character: 1 a digit may stand
// there, 2 a letter, 3 either. Small letters behind a capital country are the words that follow a shorter number.
__device__ __forceinline__ bool is_account(const Text& text, const u32* tables, u32 start, u32 digit) {
    const u32 first = upper(text.at(start)), second = upper(text.at(start + 1));
    const bool small = is_small(text.at(start));
    const u32 structure = tables[tables[TABLE_IBANS] + (first - 'A') * 26 + (second - 'A')];
    if (structure == 0) {
        return false;
    }
    const u32 length = tables[structure] + 2;
    u32 place = digit, check = 0, rest = 0;
    for (u32 index = 0; index < length; index++) {
        place += index > 0 && is_iban_separator(text.at(place)) ? 1 : 0;
        const u32 byte = text.at(place);
        place++;
        if (index < 2) {
            if (!is_digit(byte)) {
                return false;
            }
            check = check * 10 + (byte - '0');
            continue;
        }
        const u32 wanted = tables[structure + 1 + (index - 2) / 16] >> (index - 2) % 16 * 2 & 3;
        const bool letter = is_capital(byte) || (small && is_small(byte));
        if (((is_digit(byte) ? 1u : letter ? 2u : 0u) & wanted) == 0) {
            return false;
        }
        rest = rest_97(rest, byte);
    }
    rest = rest_97(rest_97(rest, first), second);
    return !is_alphanumeric(text.at(place)) && (rest * 100 + check) % 97 == 1;
}

// A creditor of SEPA: country, check digits, a code of business, a number of the country.
__device__ __forceinline__ bool is_creditor(const Text& text, const u32* tables, u32 start) {
    u32 length = 0, rest = 0;
    for (; length <= CREDITOR_MAX; length++) {
        const u32 byte = text.at(start + length);
        if (!is_capital(byte) && !is_digit(byte)) {
            break;
        }
        rest = length >= 7 ? rest_97(rest, byte) : rest;
    }
    const u32 first = text.at(start), second = text.at(start + 1), third = text.at(start + 2), fourth = text.at(start + 3);
    if (length < CREDITOR_MIN || length > CREDITOR_MAX || is_alphanumeric(text.at(start + length)) || !is_digit(third) ||
        !is_digit(fourth)) {
        return false;
    }
    // A country: 1, and its one length above; 0 if it has none.
    const u32 country = tables[tables[TABLE_CREDITORS] + (first - 'A') * 26 + (second - 'A')];
    u32 letters = 0, digits = 0;
    for (u32 place = 4; place < 7; place++) {
        letters += text.at(start + place) == 'Z' ? 1 : 0;
        digits += is_digit(text.at(start + place)) ? 1 : 0;
    }
    const bool coded = letters == 3 || (digits == 3 && country >> 8 == length);
    rest = rest_97(rest_97(rest_97(rest_97(rest, first), second), third), fourth);
    return coded && (country & 1) != 0 && rest == 1;
}

__device__ __noinline__ bool is_iban(Text text, const u32* tables, u32 digit) {
    const u32 start = country_start(text, digit);
    return start != digit && (is_account(text, tables, start, digit) ||
                              (is_capital(text.at(start)) && is_capital(text.at(start + 1)) && is_creditor(text, tables, start)));
}
