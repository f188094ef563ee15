// Integer intrinsics: CUDA Math API, "Integer Intrinsics" and "SIMD Intrinsics". Loads with cache hints are loads.
#pragma once

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(x)); }

inline unsigned long long __brevll(unsigned long long x) {
    unsigned long long reversed = 0;
    for (int i = 0; i < 64; i++) reversed |= (x >> i & 1) << (63 - i);
    return reversed;
}
inline unsigned __brev(unsigned x) { return static_cast<unsigned>(__brevll(x) >> 32); }

// Four bytes of the eight in y:x, chosen by the low three bits of each nibble; bit 3 asks for the sign instead.
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
    uint64_t bytes = static_cast<uint64_t>(y) << 32 | x;
    unsigned result = 0;
    for (unsigned i = 0; i < 4; i++) {
        unsigned nibble = selector >> 4 * i & 15;
        unsigned byte = static_cast<unsigned>(bytes >> 8 * (nibble & 7)) & 0xff;
        if ((nibble & 8) != 0) byte = (byte & 0x80) != 0 ? 0xff : 0;
        result |= byte << 8 * i;
    }
    return result;
}

// The 64 bits high:low shifted; `l` and `r` use the low five bits of the shift, `lc` and `rc` stop at 32.
inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
    return static_cast<unsigned>((static_cast<uint64_t>(high) << 32 | low) << (shift & 31) >> 32);
}
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
    return static_cast<unsigned>((static_cast<uint64_t>(high) << 32 | low) >> (shift & 31));
}
inline unsigned __funnelshift_lc(unsigned low, unsigned high, unsigned shift) {
    return shift >= 32 ? low : __funnelshift_l(low, high, shift);
}
inline unsigned __funnelshift_rc(unsigned low, unsigned high, unsigned shift) {
    return shift >= 32 ? high : __funnelshift_r(low, high, shift);
}

inline int __mulhi(int x, int y) { return static_cast<int>(static_cast<int64_t>(x) * y >> 32); }
inline unsigned __umulhi(unsigned x, unsigned y) { return static_cast<unsigned>(static_cast<uint64_t>(x) * y >> 32); }
inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<unsigned long long>(static_cast<Wide>(x) * y >> 64);
}
inline unsigned __usad(unsigned x, unsigned y, unsigned z) { return (x > y ? x - y : y - x) + z; }

namespace emulator {

// A word of four bytes, each from `lane` of the bytes at its place.
template <class Lane>
unsigned by_byte(unsigned x, unsigned y, Lane lane) {
    unsigned result = 0;
    for (unsigned shift = 0; shift < 32; shift += 8) {
        unsigned byte = lane(x >> shift & 0xff, y >> shift & 0xff);
        result |= (byte & 0xff) << shift;
    }
    return result;
}

constexpr unsigned as_mask(bool holds) { return holds ? 0xff : 0; }

}  // namespace emulator

#define EMULATOR_BYTES(name, expression) \
    inline unsigned name(unsigned x, unsigned y) { return emulator::by_byte(x, y, [](unsigned a, unsigned b) -> unsigned { return expression; }); }
EMULATOR_BYTES(__vcmpeq4, emulator::as_mask(a == b))
EMULATOR_BYTES(__vcmpne4, emulator::as_mask(a != b))
EMULATOR_BYTES(__vcmpgeu4, emulator::as_mask(a >= b))
EMULATOR_BYTES(__vcmpgtu4, emulator::as_mask(a > b))
EMULATOR_BYTES(__vcmpleu4, emulator::as_mask(a <= b))
EMULATOR_BYTES(__vcmpltu4, emulator::as_mask(a < b))
EMULATOR_BYTES(__vseteq4, a == b)
EMULATOR_BYTES(__vsetne4, a != b)
EMULATOR_BYTES(__vsetgeu4, a >= b)
EMULATOR_BYTES(__vsetgtu4, a > b)
EMULATOR_BYTES(__vsetleu4, a <= b)
EMULATOR_BYTES(__vsetltu4, a < b)
EMULATOR_BYTES(__vadd4, a + b)
EMULATOR_BYTES(__vsub4, a - b)
EMULATOR_BYTES(__vaddus4, a + b > 0xff ? 0xff : a + b)
EMULATOR_BYTES(__vsubus4, a > b ? a - b : 0)
EMULATOR_BYTES(__vminu4, a < b ? a : b)
EMULATOR_BYTES(__vmaxu4, a > b ? a : b)
EMULATOR_BYTES(__vabsdiffu4, a > b ? a - b : b - a)

inline unsigned __dp4a(unsigned x, unsigned y, unsigned sum) {
    for (unsigned shift = 0; shift < 32; shift += 8) sum += (x >> shift & 0xff) * (y >> shift & 0xff);
    return sum;
}

template <class T>
T __ldg(const T* address) { return *address; }
template <class T>
T __ldca(const T* address) { return *address; }
template <class T>
T __ldcg(const T* address) { return *address; }
template <class T>
T __ldcs(const T* address) { return *address; }
template <class T>
T __ldcv(const T* address) { return *address; }
template <class T>
void __stcg(T* address, T value) { *address = value; }
template <class T>
void __stcs(T* address, T value) { *address = value; }
template <class T>
void __stwt(T* address, T value) { *address = value; }

// CUDA's min and max take mixed integers; both to their common type, as the usual conversions do.
template <class A, class B>
constexpr std::common_type_t<A, B> min(A a, B b) {
    using T = std::common_type_t<A, B>;
    return static_cast<T>(b) < static_cast<T>(a) ? static_cast<T>(b) : static_cast<T>(a);
}
template <class A, class B>
constexpr std::common_type_t<A, B> max(A a, B b) {
    using T = std::common_type_t<A, B>;
    return static_cast<T>(a) < static_cast<T>(b) ? static_cast<T>(b) : static_cast<T>(a);
}
