// checks: which candidates are numbers of their form? The interpreter of pii_scan alone, for tests.
//   tables      in   u32 []                kernels/src/cuda/tables.rs
//   candidates  in   Candidate [count]
//   holds       out  u32 [count]           1 or 0
// One thread a candidate, blocks of SCAN_THREADS threads.
#include "../../../cuda/number.cuh"
#include "candidate.h"

extern "C" __global__ void __launch_bounds__(SCAN_THREADS)
    checks(const u32* tables, const Candidate* candidates, u32* holds, u32 count) {
    __shared__ u8 characters[SCAN_THREADS][CHARACTERS_MAX];
    const u32 index = blockIdx.x * SCAN_THREADS + threadIdx.x;
    if (index < count) {
        const Candidate& one = candidates[index];
        for (u32 place = 0; place < one.length; place++) {
            characters[threadIdx.x][place] = one.values[place];
        }
        const Characters all = {characters[threadIdx.x], one.length, one.sign};
        const u64 shape = one.shape_low | (u64)one.shape_high << 32;
        holds[index] = form_holds(tables, one.form, all, shape, one.unbroken != 0) ? 1 : 0;
    }
}
