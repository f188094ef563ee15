// verify: does one of the families that are asked for find something at an anchor, by characters alone? The cheapest is
// asked first, and nobody after one that does. For each family families.rs says whether it is exact or only
// necessary. Words around a number, and which of two overlapping ones is meant, are the host's to weigh.
// Equals kernels/src/cuda/twin.rs.
#pragma once
#include "around.cuh"
#include "document.cuh"
#include "email.cuh"
#include "iban.cuh"
#include "network.cuh"
#include "number.cuh"

// What the classes around a group of digits tell.
__device__ __forceinline__ bool found_by_classes(const Around& all, u32 wanted) {
    const bool starts = starts_word(all);
    return ((wanted & FAMILY_PHONE) != 0 && starts && may_be_phone(all)) ||
           ((wanted & FAMILY_PASSPORT) != 0 && may_be_passport(all)) ||
           ((wanted & FAMILY_BIRTH) != 0 && starts && may_be_date(all));
}

// What one lane alone finds at a group of digits.
__device__ __forceinline__ bool found_alone(const Text& text, const u32* tables, const Around& all, u32 place, u32 wanted) {
    return ((wanted & FAMILY_IPV4) != 0 && may_be_ipv4(all) && is_ipv4(text, place)) ||
           ((wanted & FAMILY_MRZ) != 0 && text.before(place) == '<' && may_be_zone(text, place)) ||
           ((wanted & FAMILY_PLATE) != 0 && may_be_plate(all) && is_plate(text, place)) ||
           ((wanted & FAMILY_IBAN) != 0 && may_be_iban(all) && is_iban(text, tables, place));
}

// Is something found at each lane's anchor, if it has one? All lanes call it; `offset` is the anchor's in the window.
__device__ __forceinline__ bool found_together(const Text& text, const u32* tables, Window& window, bool has_anchor, u32 offset,
                                               u32 wanted) {
    const u32 place = text.from + offset;
    const bool at = has_anchor && text.at(place) == '@';
    bool found = at && (wanted & FAMILY_EMAIL) != 0 && may_be_email(text, place);
    bool code = false, number = false;
    if (has_anchor && !at) {
        const Around all = around(window, offset);
        if (!is_small_number(all, text.before(place))) {
            found = found_by_classes(all, wanted) || found_alone(text, tables, all, place, wanted);
            code = !found && (wanted & FAMILY_CODES) != 0 && may_be_code(all);
            number = !found && starts_word(all);
        }
    }
    found = is_code_together(text, tables, code, place, window.characters) || found;
    return (families_of_digits_together(text, tables, number && !found, place, wanted, window.characters) & wanted) != 0 || found;
}
