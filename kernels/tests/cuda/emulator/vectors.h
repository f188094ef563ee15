// CUDA's vector types, with its alignments: CUDA C++ Programming Guide, "Built-in Vector Types".
#pragma once

#define EMULATOR_VECTOR2(base, scalar)                       \
    struct alignas(2 * sizeof(scalar)) base##2 {             \
        scalar x, y;                                         \
    };                                                       \
    inline base##2 make_##base##2(scalar x, scalar y) { return {x, y}; }

#define EMULATOR_VECTOR3(base, scalar)                       \
    struct base##3 {                                         \
        scalar x, y, z;                                      \
    };                                                       \
    inline base##3 make_##base##3(scalar x, scalar y, scalar z) { return {x, y, z}; }

#define EMULATOR_VECTOR4(base, scalar)                                            \
    struct alignas(sizeof(scalar) < 4 ? 4 * sizeof(scalar) : 16) base##4 {        \
        scalar x, y, z, w;                                                        \
    };                                                                            \
    inline base##4 make_##base##4(scalar x, scalar y, scalar z, scalar w) { return {x, y, z, w}; }

#define EMULATOR_VECTORS(base, scalar) \
    EMULATOR_VECTOR2(base, scalar) EMULATOR_VECTOR3(base, scalar) EMULATOR_VECTOR4(base, scalar)

EMULATOR_VECTORS(char, signed char)
EMULATOR_VECTORS(uchar, unsigned char)
EMULATOR_VECTORS(short, short)
EMULATOR_VECTORS(ushort, unsigned short)
EMULATOR_VECTORS(int, int)
EMULATOR_VECTORS(uint, unsigned)
EMULATOR_VECTORS(longlong, long long)
EMULATOR_VECTORS(ulonglong, unsigned long long)
EMULATOR_VECTORS(float, float)

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
