// network: IPv4 addresses, as kernels/src/network.rs without the word before them.
#pragma once
#include "common.cuh"

// Four numbers of at most 255 without leading zeros, one dot between.
__device__ __forceinline__ bool is_ipv4(const Text& text, u32 start) {
    if (is_alphanumeric(text.before(start)) || text.before(start) == '.') {
        return false;
    }
    u32 place = start;
    for (u32 part = 0; part < 4; part++) {
        u32 value = 0, digits = 0;
        const u32 first = text.at(place);
        while (digits < 4 && is_digit(text.at(place))) {
            value = value * 10 + (text.at(place) - '0');
            digits++;
            place++;
        }
        if (digits - 1 >= 3 || value > 255 || (digits > 1 && first == '0')) {
            return false;
        }
        if (part < 3 && text.at(place++) != '.') {
            return false;
        }
    }
    // A full stop may follow; a word or a longer number may not.
    const bool more = text.at(place) == '.' && is_digit(text.at(place + 1));
    return !is_alphanumeric(text.at(place)) && !more;
}
