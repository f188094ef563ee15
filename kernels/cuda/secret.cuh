// secret: may a secret stand at an anchor? Necessary conditions, the cheapest that most anchors of prose fail;
// the tables of issuers are the host's. Equals kernels/src/cuda/twin/secret.rs.
#pragma once
#include "common.cuh"

// Not the colon of a time of day: behind a digit only `://` and `:AA` are looked at.
__device__ __forceinline__ bool may_be_secret_at_colon(const Text& text, u32 colon) {
    return !is_digit(text.before(colon)) || text.at(colon + 1) == '/' || text.at(colon + 1) == 'A';
}

// A client secret of Microsoft Entra has a digit and a Q before its mark.
__device__ __forceinline__ bool may_be_secret_at_tilde(const Text& text, u32 mark) {
    return text.before(mark) == 'Q' && is_digit(text.before(mark - 1));
}

__device__ __forceinline__ bool is_quote(u32 byte) {
    return byte == '"' || byte == '\'' || byte == '\\' || byte == '`';
}

__device__ __forceinline__ bool is_blank(u32 byte) {
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\f' || byte == '\r';
}

// The scheme of a hash around a digit, or a value behind one of the words that tell a password.
__device__ __forceinline__ bool may_be_secret_at_digits(const Text& text, u32 place) {
    const u32 last = text.before(place);
    if (last == '$' || last == 'r' || last == 'j') {
        return true;
    }
    u32 head = place;
    while (place - head < 32) {
        const u32 byte = text.before(head);
        if (byte == 0 || is_blank(byte) || is_digit(byte) || is_quote(byte)) {
            break;
        }
        head--;
    }
    u32 value = head;
    while (head - value < 2 && is_quote(text.before(value))) {
        value--;
    }
    u32 end = value;
    while (value - end < 8 && (text.before(end) == ' ' || text.before(end) == ':')) {
        end--;
    }
    // is, ist, lautet, est, es, was, war, password
    const u32 letter = text.before(end), second = lower(text.before(end - 1));
    return end < value && ((letter == 's' && (second == 'i' || second == 'e' || second == 'a')) ||
                           (letter == 't' && (second == 's' || second == 'e')) || (letter == 'r' && second == 'a') ||
                           (letter == 'd' && second == 'r'));
}
