/// A hash of numbers.
#pragma once

#include <cstdint>
#include <cstring>

namespace gaussmix::random {

/// Returns a hash of n numbers, the same on every machine and for zeros of either sign: FNV-1a over 64-bit words, in
/// four chains because each word waits for the one before, then the finaliser of MurmurHash3, without which words that
/// differ only in high bits would have the same low bits.
inline std::uint64_t hash(const double* values, std::int64_t n) noexcept {
    constexpr std::int64_t n_chains = 4;
    constexpr std::uint64_t basis = 0xCBF29CE484222325u;
    std::uint64_t chains[n_chains] = {basis, basis, basis, basis};
    const auto add = [](std::uint64_t& chain, std::uint64_t word) {
        chain = (chain ^ word) * 0x100000001B3u;
        chain ^= chain >> 32;
    };
    const auto word = [values](std::int64_t j) {
        const double value = values[j] + 0.0;
        std::uint64_t bits;
        std::memcpy(&bits, &value, sizeof bits);
        return bits;
    };
    std::int64_t j = 0;
    for (; j + n_chains <= n; j += n_chains) {
        for (std::int64_t c = 0; c < n_chains; ++c) add(chains[c], word(j + c));
    }
    for (std::int64_t c = 0; j + c < n; ++c) add(chains[c], word(j + c));
    std::uint64_t result = basis;
    for (const std::uint64_t chain : chains) add(result, chain);
    result *= 0xFF51AFD7ED558CCDu;
    return result ^ (result >> 33);
}

}  // namespace gaussmix::random
