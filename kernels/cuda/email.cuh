// email: may an address stand around an `@`? As kernels/src/contact/email.rs where all bytes that it reads
// are ASCII; true wherever another one stands among them, which is the host's to read.
#pragma once
#include "common.cuh"

#define LOCAL_MAX 64u
#define DOMAIN_MAX 255u

// Marks of RFC 5322 atext and the dot that may formally belong to an address but stand before it in prose,
// code and URLs: `.!#$%&'*/=?^`{|}~`.
__device__ __forceinline__ bool is_stripped(u32 byte) {
    // Bit n: the byte 0x20 + n.
    const u32 low = 1u << 1 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 10 | 1u << 14 | 1u << 15 | 1u << 29 | 1u << 31;
    return byte - 0x20 < 32u ? (low >> (byte - 0x20) & 1) != 0
                             : byte == '^' || byte == '`' || (byte >= '{' && byte <= '~');
}

__device__ __forceinline__ bool is_local(u32 byte) {
    return is_alphanumeric(byte) || is_stripped(byte) || byte == '+' || byte == '-' || byte == '_';
}

// Is there anything that an address can start with? Before the `@`, behind what is stripped.
__device__ __forceinline__ bool has_local_part(const Text& text, u32 sign) {
    const u32 last = text.before(sign);
    if (last == '"') {
        // `"anna maria"@example.org`: the opening quote is not far, and not just before.
        for (u32 back = 1; back <= LOCAL_MAX; back++) {
            if (text.at(sign - 1 - back) == '"') {
                return back > 1;
            }
        }
        return false;
    }
    if (last == '=' || last == '/' || last == '&' || last == '?' || last == '|') {
        return false;
    }
    for (u32 back = 1; back <= LOCAL_MAX; back++) {
        const u32 byte = text.at(sign - back);
        if (byte >= 0x80) {
            return true;
        }
        if (!is_local(byte)) {
            return false;
        }
        if (!is_stripped(byte)) {
            return true;
        }
    }
    return false;
}

__device__ __forceinline__ bool is_xn(const Text& text, u32 start) {
    return lower(text.at(start)) == 'x' && lower(text.at(start + 1)) == 'n' && text.at(start + 2) == '-' &&
           text.at(start + 3) == '-';
}

// Read once, from the left: labels up to the last one that can be a top level.
__device__ __forceinline__ bool has_domain(const Text& text, u32 start) {
    u32 label = start;          // where the label that is read starts
    bool letters = true;        // it has letters alone
    bool host = false, sound = true; // the labels before: is there one, has none an empty name or a hyphen at an end
    bool found = false;         // what the longest name so far comes to
    for (u32 offset = 0; offset <= DOMAIN_MAX; offset++) {
        const u32 place = start + offset;
        const u32 byte = offset < DOMAIN_MAX ? text.at(place) : 0;
        if (byte >= 0x80) {
            return true;
        }
        if (is_alphanumeric(byte) || byte == '-') {
            letters = letters && is_letter(byte);
            continue;
        }
        const u32 length = place - label;
        const bool hyphen_last = length > 0 && text.at(place - 1) == '-';
        const bool top = (letters && length >= 2) || (length >= 4 && is_xn(text, label) && !hyphen_last);
        if (host && top) {
            found = sound;
        }
        sound = sound && length > 0 && !hyphen_last && text.at(label) != '-';
        host = true;
        if (byte != '.') {
            return found;
        }
        label = place + 1;
        letters = true;
    }
    return found;
}

__device__ __noinline__ bool may_be_email(Text text, u32 sign) {
    const u32 left = text.before(sign), right = text.at(sign + 1);
    const bool ends_local = left >= 0x80 || left == '"' || (is_local(left) && left != '.');
    const bool starts_domain = is_alphanumeric(right) || right >= 0x80;
    return ends_local && starts_domain && has_local_part(text, sign) && has_domain(text, sign + 1);
}
