// The kernels as a library of their own: its thread-local variables are their shared memory, and nothing else
// (../emulator/shared.cpp).
#include "../../../cuda/pii_scan.cu"
#include "../../../cuda/redact.cu"
#include "checks.cu"

EMULATOR_SHARED()
EMULATOR_KERNEL(pii_scan, nullptr)
EMULATOR_KERNEL(redact, nullptr)
EMULATOR_KERNEL(checks, nullptr)
