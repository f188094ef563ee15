// Atomics: CUDA C++ Programming Guide, "Atomic Functions". Before each, another thread of the block may come first.
// They are atomic towards other CPU threads as well: the host may poll memory that a kernel writes.
#pragma once

namespace emulator {

template <class T>
constexpr bool atomic_integer =
    std::is_same_v<T, int> || std::is_same_v<T, unsigned> || std::is_same_v<T, unsigned long long>;

// new = change(old), by compare and swap; returns old.
template <class T, class Change>
T change_atomically(T* address, Change change) {
    static_assert(atomic_integer<T> || std::is_same_v<T, long long>, "CUDA has no such atomic for this type");
    preempt();
    T old = __atomic_load_n(address, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(address, &old, change(old), true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
    return old;
}

// An argument takes its type from the address, as with CUDA's overloads.
template <class T>
using As = std::type_identity_t<T>;

}  // namespace emulator

template <class T>
T atomicAdd(T* address, emulator::As<T> value) {
    static_assert(emulator::atomic_integer<T>, "CUDA adds to int, unsigned and unsigned long long");
    return emulator::change_atomically(address, [=](T old) { return static_cast<T>(old + value); });
}
template <class T>
T atomicSub(T* address, emulator::As<T> value) {
    static_assert(sizeof(T) == 4, "CUDA subtracts from int and unsigned only");
    return emulator::change_atomically(address, [=](T old) { return static_cast<T>(old - value); });
}
template <class T>
T atomicMin(T* address, emulator::As<T> value) {
    return emulator::change_atomically(address, [=](T old) { return old < value ? old : value; });
}
template <class T>
T atomicMax(T* address, emulator::As<T> value) {
    return emulator::change_atomically(address, [=](T old) { return old > value ? old : value; });
}
template <class T>
T atomicAnd(T* address, emulator::As<T> value) {
    return emulator::change_atomically(address, [=](T old) { return old & value; });
}
template <class T>
T atomicOr(T* address, emulator::As<T> value) {
    return emulator::change_atomically(address, [=](T old) { return old | value; });
}
template <class T>
T atomicXor(T* address, emulator::As<T> value) {
    return emulator::change_atomically(address, [=](T old) { return old ^ value; });
}
template <class T>
T atomicExch(T* address, emulator::As<T> value) {
    return emulator::change_atomically(address, [=](T) { return value; });
}
template <class T>
T atomicCAS(T* address, emulator::As<T> expected, emulator::As<T> value) {
    return emulator::change_atomically(address, [=](T old) { return old == expected ? value : old; });
}
inline unsigned atomicInc(unsigned* address, unsigned limit) {
    return emulator::change_atomically(address, [=](unsigned old) { return old >= limit ? 0 : old + 1; });
}
inline unsigned atomicDec(unsigned* address, unsigned limit) {
    return emulator::change_atomically(address,
                                       [=](unsigned old) { return old == 0 || old > limit ? limit : old - 1; });
}
