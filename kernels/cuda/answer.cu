// answer: tells the host that a slot has been read, and what came of it.
//   header   in   Header                 blocks and sequence are read
//   outcome  in   Outcome                of pii_scan and pii_verify
//   answer   out  Answer                 memory of the host, mapped; the sequence last
// One thread, behind the kernels that it answers for: what they wrote is there when they have ended. A fence in
// pii_verify instead would empty the caches of its processor each time.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(32)
    answer(const Header* __restrict__ header, const Outcome* __restrict__ outcome, Answer* __restrict__ answer) {
    if (threadIdx.x == 0) {
        answer->blocks = header->blocks;
        answer->hits = outcome->hits;
        answer->failure = outcome->failure;
        __threadfence_system();
        answer->sequence = header->sequence;
    }
}
