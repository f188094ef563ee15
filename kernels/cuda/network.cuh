// network: addresses of machines. IPv4 as kernels/src/network.rs without the word before it; of IPv6 and MAC
// what a run of hexadecimal digits, colons and dots must have (necessary).
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
    // A full stop may follow; a word or a longer number may not, nor two dots, unless the run is cut before them.
    const u32 next = text.at(place + 1);
    const bool more = text.at(place) == '.' && (is_digit(next) || (next == '.' && place - start < IPV4_MAX));
    return !is_alphanumeric(text.at(place)) && !more;
}

__device__ __forceinline__ bool is_hexadecimal(u32 byte) {
    return is_digit(byte) || (byte | 0x20u) - 'a' < 6u;
}

// The first colon of a run that has at least two.
__device__ __forceinline__ bool may_be_address(const Text& text, u32 colon) {
    u32 place = colon, ahead = 0, colons = 0;
    for (u32 back = 0; back < ADDRESS_MAX; back++) {
        const u32 byte = text.before(place);
        if (byte == ':') {
            return false;
        }
        if (!is_hexadecimal(byte) && byte != '.') {
            break;
        }
        place--;
    }
    for (; ahead < ADDRESS_MAX + 2; ahead++) {
        const u32 byte = text.at(colon + ahead);
        if (!is_hexadecimal(byte) && byte != ':' && byte != '.') {
            break;
        }
        colons += byte == ':' ? 1 : 0;
    }
    return colons >= 2;
}
