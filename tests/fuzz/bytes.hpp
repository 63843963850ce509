/// What every fuzz target needs: sizes, choices and numbers decoded from bytes, and a check that ends the program.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "gaussmix/gaussmix.hpp"

namespace fuzz {

using gaussmix::Index;

/// The bytes of an input, taken from its start; zeros once they are used up.
class Bytes {
public:
    Bytes(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

    std::uint8_t byte() noexcept { return at_ == end_ ? std::uint8_t{0} : *at_++; }
    bool empty() const noexcept { return at_ == end_; }
    bool flag() noexcept { return (byte() & 1) != 0; }

    /// A whole number in low ... high, from two bytes.
    Index whole(Index low, Index high) noexcept {
        const Index drawn = byte() * 256 + byte();
        return low + drawn % (high - low + 1);
    }

    template <class T, std::size_t n>
    const T& pick(const T (&choices)[n]) noexcept {
        return choices[byte() % n];
    }

    /// A number of any kind: small, of any magnitude, or of any bits, NaN and infinity among them.
    double number() noexcept {
        const std::uint8_t kind = byte();
        if (kind < 128) return (static_cast<double>(kind) - 64) / 8;
        if (kind < 192) return magnitude(kind);
        std::uint64_t bits = 0;
        for (int i = 0; i < 8; ++i) bits = bits << 8 | byte();
        double value;
        std::memcpy(&value, &bits, sizeof value);
        return value;
    }

    std::vector<double> numbers(Index n) {
        std::vector<double> values(static_cast<std::size_t>(n));
        for (double& value : values) value = number();
        return values;
    }

    std::string text(std::size_t most) {
        std::string out;
        while (out.size() < most && !empty()) out += static_cast<char>(byte());
        return out;
    }

private:
    /// 2^-1024 ... 2^1008, with a few digits and a sign.
    double magnitude(std::uint8_t kind) noexcept {
        const std::uint8_t digits = byte();
        double value = (1 + digits % 128 / 128.0) * (digits < 128 ? 1 : -1);
        const int exponent = (kind - 160) * 32;
        for (int e = 0; e < exponent; e += 32) value *= 0x1p32;
        for (int e = 0; e > exponent; e -= 32) value *= 0x1p-32;
        return value;
    }

    const std::uint8_t* at_;
    const std::uint8_t* end_;
};

inline constexpr gaussmix::CovarianceType families[] = {gaussmix::CovarianceType::full, gaussmix::CovarianceType::tied,
                                                        gaussmix::CovarianceType::diag,
                                                        gaussmix::CovarianceType::spherical};

/// The program ends, and the input is kept, unless the condition holds.
inline void require(bool good, const char* what) {
    if (good) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

inline bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

inline void require_same(const gaussmix::Parameters& a, const gaussmix::Parameters& b) {
    require(same_bits(a.weights, b.weights), "the weights are the same bits");
    require(same_bits(a.means, b.means), "the means are the same bits");
    require(same_bits(a.covariances, b.covariances), "the covariances are the same bits");
}

/// Calls `use`. False where it throws an Error of one of the codes; any other exception ends the program.
template <class Use>
bool accepted(std::initializer_list<gaussmix::Errc> expected, Use&& use) {
    try {
        use();
        return true;
    } catch (const gaussmix::Error& error) {
        for (const gaussmix::Errc code : expected) {
            if (error.code() == code) return false;
        }
        std::fprintf(stderr, "unexpected error: %s\n", error.what());
        std::abort();
    }
}

}  // namespace fuzz
