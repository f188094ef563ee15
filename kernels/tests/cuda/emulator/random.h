// Seeded choices: the same seed gives the same schedule, so a failure can be run again.
#pragma once
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace emulator {

// SplitMix64 (Steele, Lea, Flood 2014): any seed will do, zero too.
class Random {
public:
    explicit Random(uint64_t seed) : state(seed) {}

    uint64_t next() {
        uint64_t z = state += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        return z ^ z >> 31;
    }

    // A number below `bound`, which is not zero.
    uint64_t below(uint64_t bound) { return next() % bound; }

private:
    uint64_t state;
};

// The order of a grid's blocks: 0 upwards for seed 0, downwards for seed 1, shuffled for others.
// Grids of more than a million blocks are only rotated: a table of them would cost more than they do.
class Order {
public:
    Order(uint64_t count, uint64_t seed) : count(count), seed(seed) {
        Random random(seed);
        if (seed <= 1) return;
        start = random.below(count);
        if (count > 1u << 20) return;
        shuffled.resize(count);
        std::iota(shuffled.begin(), shuffled.end(), 0u);
        for (size_t i = count - 1; i > 0; i--) std::swap(shuffled[i], shuffled[random.below(i + 1)]);
    }

    uint64_t at(uint64_t i) const {
        if (seed == 0) return i;
        if (seed == 1) return count - 1 - i;
        return shuffled.empty() ? (start + i) % count : shuffled[i];
    }

private:
    uint64_t count, seed, start = 0;
    std::vector<uint32_t> shuffled;
};

}  // namespace emulator
