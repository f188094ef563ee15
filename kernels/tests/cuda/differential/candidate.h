// A number that may be one of a form.
#pragma once
#include "../../../cuda/common.cuh"

struct Candidate {
    u32 form; // its offset in the tables
    u32 length, sign;
    u32 shape_low, shape_high;
    u32 unbroken;
    u8 values[32]; // of which the first CHARACTERS_MAX can count
};
static_assert(CHARACTERS_MAX <= 32);
