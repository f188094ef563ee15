// Barriers, fences, shuffles, votes, matches and reductions: CUDA C++ Programming Guide, sections "Synchronization
// Functions" to "Warp Reduce Functions". All of them name their place in the source, for reports.
#pragma once

namespace emulator {

constexpr unsigned all_lanes = 0xffffffffu;

inline unsigned lane() { return running.current->linear % 32; }

// Values travel as 64 bits, of which the narrower types use the low ones.
template <class T>
uint64_t to_bits(T value) {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    return bits;
}

template <class T>
T from_bits(uint64_t bits) {
    T value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

template <class T>
T shuffle(unsigned mask, T value, unsigned source, Place place) {
    return from_bits<T>(collective(Operation::Shuffle, mask, to_bits(value), source, place));
}

inline unsigned ballot(unsigned mask, bool predicate, Place place) {
    return static_cast<unsigned>(collective(Operation::Ballot, mask, predicate, 0, place));
}

// Signed numbers are compared as unsigned ones with the sign bit turned round.
template <class T>
T reduce(Operation operation, unsigned mask, T value, Place place) {
    static_assert(sizeof(T) == 4 && std::is_integral_v<T>, "CUDA reduces int and unsigned only");
    constexpr unsigned sign = std::is_signed_v<T> ? 0x80000000u : 0;
    bool compares = operation == Operation::Min || operation == Operation::Max;
    unsigned flip = compares ? sign : 0;
    uint64_t bits = static_cast<unsigned>(value) ^ flip;
    return static_cast<T>(static_cast<unsigned>(collective(operation, mask, bits, 0, place)) ^ flip);
}

}  // namespace emulator

#define EMULATOR_HERE emulator::Place place = {__builtin_FILE(), static_cast<unsigned>(__builtin_LINE())}

inline void __syncthreads(EMULATOR_HERE) { emulator::barrier(false, place); }
inline int __syncthreads_count(int p, EMULATOR_HERE) {
    return static_cast<int>(emulator::barrier(p != 0, place).yes);
}
inline int __syncthreads_or(int p, EMULATOR_HERE) { return emulator::barrier(p != 0, place).yes != 0; }
inline int __syncthreads_and(int p, EMULATOR_HERE) {
    emulator::Votes votes = emulator::barrier(p != 0, place);
    return votes.yes == votes.all;
}

inline void __syncwarp(unsigned mask = emulator::all_lanes, EMULATOR_HERE) {
    emulator::collective(emulator::Operation::Sync, mask, 0, 0, place);
}

inline void __threadfence_block() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence_system() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

// `width` is a power of two up to 32: the warp falls into segments that do not see each other.
template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, EMULATOR_HERE) {
    unsigned w = static_cast<unsigned>(width);
    unsigned segment = emulator::lane() & ~(w - 1);
    return emulator::shuffle(mask, value, segment + (static_cast<unsigned>(source) & (w - 1)), place);
}

template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, EMULATOR_HERE) {
    unsigned lane = emulator::lane(), within = lane & (static_cast<unsigned>(width) - 1);
    return emulator::shuffle(mask, value, within < delta ? lane : lane - delta, place);
}

template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, EMULATOR_HERE) {
    unsigned lane = emulator::lane(), w = static_cast<unsigned>(width), within = lane & (w - 1);
    return emulator::shuffle(mask, value, delta >= w || within + delta >= w ? lane : lane + delta, place);
}

// A lane of a later segment than one's own is not seen; one of an earlier segment is.
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int other, int width = 32, EMULATOR_HERE) {
    unsigned lane = emulator::lane(), w = static_cast<unsigned>(width);
    unsigned source = (lane ^ static_cast<unsigned>(other)) & 31;
    return emulator::shuffle(mask, value, source / w > lane / w ? lane : source, place);
}

inline unsigned __ballot_sync(unsigned mask, int p, EMULATOR_HERE) { return emulator::ballot(mask, p != 0, place); }
inline int __any_sync(unsigned mask, int p, EMULATOR_HERE) { return emulator::ballot(mask, p != 0, place) != 0; }
inline int __all_sync(unsigned mask, int p, EMULATOR_HERE) { return emulator::ballot(mask, p == 0, place) == 0; }

template <class T>
unsigned __match_any_sync(unsigned mask, T value, EMULATOR_HERE) {
    return static_cast<unsigned>(
        emulator::collective(emulator::Operation::Match, mask, emulator::to_bits(value), 0, place));
}

template <class T>
unsigned __match_all_sync(unsigned mask, T value, int* all, EMULATOR_HERE) {
    unsigned same = static_cast<unsigned>(
        emulator::collective(emulator::Operation::MatchAll, mask, emulator::to_bits(value), 0, place));
    *all = same != 0;
    return same;
}

template <class T>
T __reduce_add_sync(unsigned mask, T value, EMULATOR_HERE) {
    return emulator::reduce(emulator::Operation::Add, mask, value, place);
}
template <class T>
T __reduce_min_sync(unsigned mask, T value, EMULATOR_HERE) {
    return emulator::reduce(emulator::Operation::Min, mask, value, place);
}
template <class T>
T __reduce_max_sync(unsigned mask, T value, EMULATOR_HERE) {
    return emulator::reduce(emulator::Operation::Max, mask, value, place);
}
inline unsigned __reduce_and_sync(unsigned mask, unsigned value, EMULATOR_HERE) {
    return emulator::reduce(emulator::Operation::And, mask, value, place);
}
inline unsigned __reduce_or_sync(unsigned mask, unsigned value, EMULATOR_HERE) {
    return emulator::reduce(emulator::Operation::Or, mask, value, place);
}
inline unsigned __reduce_xor_sync(unsigned mask, unsigned value, EMULATOR_HERE) {
    return emulator::reduce(emulator::Operation::Xor, mask, value, place);
}

inline void __nanosleep(unsigned) { emulator::preempt(); }
[[noreturn]] inline void __trap(EMULATOR_HERE) { emulator::trap(place); }
