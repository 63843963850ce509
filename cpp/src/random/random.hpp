/// Random numbers that depend only on a seed and a stream, never on the platform or on threads.
#pragma once

#include <cstdint>

namespace gaussmix::random {

/// One step of SplitMix64 (Steele, Lea and Flood 2014).
inline std::uint64_t mix(std::uint64_t x) noexcept {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/// xoshiro256++ (Blackman and Vigna 2019), seeded from (seed, stream).
class Generator {
public:
    Generator(std::uint64_t seed, std::uint64_t stream) noexcept {
        std::uint64_t state = mix(seed) ^ mix(stream + 0x632BE59BD9B4E019u);
        for (std::uint64_t& word : state_) word = state = mix(state);
    }

    std::uint64_t next() noexcept {
        const std::uint64_t result = rotate(state_[0] + state_[3], 23) + state_[0];
        const std::uint64_t t = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= t;
        state_[3] = rotate(state_[3], 45);
        return result;
    }

    /// Returns a number that is uniform on the open interval (0, 1).
    double uniform() noexcept { return (static_cast<double>(next() >> 12) + 0.5) * 0x1p-52; }

    /// Returns a point of the square around the unit disc. If it lies in the disc, its coordinates times sqrt(-2 log(s)
    /// / s), where s is the sum of their squares, are standard normal: the polar method (Marsaglia and Bray 1964).
    struct Point {
        double u;
        double v;
        double square;
        // NOLINTNEXTLINE(readability-implicit-bool-conversion): without a branch.
        bool in_disc() const noexcept { return (square < 1) & (square > 0); }
    };
    Point point() noexcept {
        const double u = 2 * uniform() - 1;
        const double v = 2 * uniform() - 1;
        return {u, v, u * u + v * v};
    }

private:
    static std::uint64_t rotate(std::uint64_t x, int by) noexcept { return (x << by) | (x >> (64 - by)); }

    std::uint64_t state_[4];
};

}  // namespace gaussmix::random
