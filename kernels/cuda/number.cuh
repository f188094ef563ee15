// number: is a number of some scheme written here? Words around it are the host's to weigh.
// Equals kernels/src/number/{mod,code}.rs and digits.rs up to there.
#pragma once
#include "check.cuh"

__device__ __forceinline__ bool is_separator(u32 byte) {
    return byte == ' ' || byte == '-' || byte == '.' || byte == '/' || byte == '+';
}

// A character each: `0` a digit, `A` a letter, `*` either; a small letter stands for itself.
__device__ __forceinline__ bool is_of_classes(const u32* classes, const Characters& all) {
    bool fits = true;
    for (u32 place = 0; place < all.length && fits; place++) {
        const u32 class_of = byte_of(classes, place), value = all.at(place);
        fits = class_of == '0' ? value < 10 : class_of == 'A' ? value >= 10 : class_of == '*' || value == class_of - 'a' + 10;
    }
    return fits;
}

// A form: length, classes, how many shapes (FORM_FREE: any), where they are, where its program is.
__device__ __forceinline__ bool form_holds(const u32* tables, u32 form, const Characters& all, u64 shape, bool unbroken) {
    const u32* classes = tables + form + 1;
    const u32* rest = classes + FORM_CLASS_WORDS;
    bool written = unbroken || rest[0] == FORM_FREE;
    for (u32 index = 0; !written && index < rest[0]; index++) {
        const u32* one = tables + rest[1] + index * 2;
        written = one[0] == (u32)shape && one[1] == (u32)(shape >> 32);
    }
    return written && is_of_classes(classes, all) && checks_hold(tables, rest[2], all);
}

// Is one of the forms that the list holds from `index[0]` to `index[1]` that of the number?
__device__ __forceinline__ bool any_form_holds(const u32* tables, const u32* index, const Characters& all, u64 shape, bool unbroken) {
    if (index[0] == index[1] || !is_mixed(all, 0, all.length)) {
        return false; // none has this length, or it is an example: a row of zeros
    }
    const u32* list = tables + tables[TABLE_FORMS];
    for (u32 entry = index[0]; entry < index[1]; entry++) {
        if (form_holds(tables, list[entry], all, shape, unbroken)) {
            return true;
        }
    }
    return false;
}

// Does a group of a code start here? One with a digit, or a few capitals.
__device__ __forceinline__ bool continues(const Text& text, u32 start) {
    u32 length = 0;
    bool digit = false, capitals = true;
    for (; length < CHARACTERS_MAX; length++) {
        const u32 byte = text.at(start + length);
        if (!is_alphanumeric(byte)) {
            break;
        }
        digit = digit || is_digit(byte);
        capitals = capitals && is_capital(byte);
    }
    return is_digit(text.at(start)) || (digit && length <= CODE_GROUP_BEFORE_MAX + 2) ||
           (length >= 1 && length <= CODE_LETTER_GROUP_MAX && capitals);
}

// Reads on from `start`, the first digit being at `digit`, and asks about each prefix of groups.
__device__ __forceinline__ bool code_from(const Text& text, const u32* tables, u32 start, u32 digit, u8* values) {
    Characters all = {values, 0, 0};
    u32 place = start, letters = 0;
    u64 shape = 0;
    for (u32 group = 0; group < CODE_GROUPS_MAX; group++) {
        const u32 first = all.length;
        for (;;) {
            const u32 value = value_of(text.at(place));
            if (value == NO_VALUE) {
                break;
            }
            if (all.length == CHARACTERS_MAX) {
                return false;
            }
            values[all.length * VERIFY_THREADS] = (u8)value;
            letters += value >= 10 && place < digit ? 1 : 0;
            all.length++;
            place++;
        }
        shape = shape << 8 | (all.length - first);
        if (place > digit && letters <= CODE_LETTERS_MAX) {
            const u32* index = tables + tables[TABLE_CODES] + letters * (CHARACTERS_MAX + 1) + all.length;
            if (any_form_holds(tables, index, all, shape, all.length == place - start)) {
                return true;
            }
        }
        all.sign = text.at(place);
        if (!is_separator(all.sign) || !continues(text, place + 1)) {
            return false;
        }
        place++;
    }
    return false;
}

// The group of capitals that ends before `start`, one separator between; `start` if there is none.
__device__ __forceinline__ u32 group_before(const Text& text, u32 start) {
    if (!is_separator(text.before(start))) {
        return start;
    }
    u32 group = start - 1, length = 0;
    for (; length < CODE_GROUP_BEFORE_MAX && is_capital(text.before(group)); length++) {
        group--;
    }
    return length > 0 && !is_alphanumeric(text.before(group)) ? group : start;
}

// Is there a code whose first digit is at `digit`, which is the first of its group?
__device__ __forceinline__ bool is_code(const Text& text, const u32* tables, u32 digit, u8* values) {
    u32 start = digit;
    while (digit - start < CODE_LETTERS_MAX + 1 && is_letter(text.before(start))) {
        start--;
    }
    if (!is_alphanumeric(text.before(start)) && digit - start <= CODE_LETTERS_MAX &&
        code_from(text, tables, start, digit, values)) {
        return true;
    }
    for (u32 group = 0; group < 2; group++) {
        const u32 first = group_before(text, start);
        if (first == start || digit - first > CODE_LETTERS_MAX + 2) {
            return false;
        }
        start = first;
        if (code_from(text, tables, start, digit, values)) {
            return true;
        }
    }
    return false;
}

// All groups but the last have four digits, or it is one of the groupings that cards show.
__device__ __forceinline__ bool is_card_grouping(const u32* shapes, const Characters& all, u64 shape) {
    u64 rest = shape >> 8;
    bool fours = true;
    for (u32 group = 0; group < 7; group++) {
        fours = fours && ((rest & 0xff) == 0 || (rest & 0xff) == 4);
        rest >>= 8;
    }
    bool shown = false;
    for (u32 index = 0; index < shapes[0]; index++) {
        shown = shown || (shapes[1 + index * 2] == (u32)shape && shapes[2 + index * 2] == (u32)(shape >> 32));
    }
    return all.length - 12 <= 19 - 12 && (all.sign == 0 || (fours && (shape & 0xff) <= 7) || shown);
}

// GS1: thirteen digits with the check digit of goods are on goods.
__device__ __forceinline__ bool is_goods(const Characters& all) {
    u32 sum = 0;
    for (u32 place = 0; place < all.length; place++) {
        sum += all.at(all.length - 1 - place) * (place % 2 == 0 ? 1 : 3);
    }
    return all.length == 13 && all.sign == 0 && sum % 10 == 0;
}

// How many ranges; of each: first and last of the first six digits, a bit for each length; then how many
// shapes there are beside fours, and those.
__device__ __forceinline__ bool is_card(const u32* tables, const Characters& all, u64 shape) {
    if (all.length < 12) {
        return false;
    }
    const u32* ranges = tables + tables[TABLE_CARDS];
    if (!is_card_grouping(ranges + 1 + ranges[0] * 3, all, shape) || !luhn(all, 0, all.length) || is_goods(all)) {
        return false;
    }
    const u32 issuer = (u32)all.number(0, 6);
    for (u32 index = 0; index < ranges[0]; index++) {
        const u32* range = ranges + 1 + index * 3;
        if (range[0] <= issuer && issuer <= range[1] && (range[2] >> all.length & 1) != 0) {
            return true;
        }
    }
    return false;
}

// What the numbers of digits alone are that begin with the group at `start`.
__device__ __forceinline__ u32 families_of_digits(const Text& text, const u32* tables, u32 start, u8* values) {
    const bool decimal = text.before(start) == '.' && is_digit(text.before(start - 1));
    if (decimal || is_alphanumeric(text.before(start))) {
        return 0;
    }
    Characters all = {values, 0, 0};
    u32 place = start, families = 0;
    u64 shape = 0;
    for (u32 group = 0; group < NUMBER_GROUPS_MAX; group++) {
        const u32 first = all.length;
        while (is_digit(text.at(place))) {
            if (all.length == NUMBER_DIGITS_MAX) {
                return families;
            }
            values[all.length * VERIFY_THREADS] = (u8)(text.at(place) - '0');
            all.length++;
            place++;
        }
        shape = shape << 8 | (all.length - first);
        // One group in front of a point and more digits is a decimal number.
        const bool decimal_head = group == 0 && text.at(place) == '.' && is_digit(text.at(place + 1));
        if (!is_alphanumeric(text.at(place)) && !decimal_head) {
            const u32* index = tables + tables[TABLE_NUMBERS] + all.length;
            if ((families & FAMILY_NUMBERS) == 0 && any_form_holds(tables, index, all, shape, all.sign == 0)) {
                families |= FAMILY_NUMBERS;
            }
            families |= is_card(tables, all, shape) ? FAMILY_CARD : 0;
            const bool bank = all.sign == '/' && all.length - first == 4;
            families |= bank || all.length >= LONG_NUMBER_MIN ? FAMILY_LONG_NUMBER : 0;
        }
        all.sign = text.at(place);
        if (!is_separator(all.sign) || !is_digit(text.at(place + 1))) {
            break;
        }
        place++;
    }
    return families;
}
