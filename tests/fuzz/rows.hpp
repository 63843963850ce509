/// Rows in any clothes, decoded from bytes: element type, strides, alignment, many rows from few bytes.
#pragma once

#include <cmath>
#include <cstddef>

#include "bytes.hpp"

namespace fuzz {

/// Owns the memory of a view, to the byte: whatever is read beside it is seen by the address sanitizer.
class Rows {
public:
    /// Numbers are drawn from a few decoded ones, most with a little noise of a scale that is decoded too.
    Rows(Bytes& bytes, Index n_rows, Index n_features) {
        using gaussmix::Scalar;
        constexpr Scalar scalars[] = {Scalar::f64, Scalar::f32, Scalar::f16, Scalar::i8,  Scalar::i16, Scalar::i32,
                                      Scalar::i64, Scalar::u8,  Scalar::u16, Scalar::u32, Scalar::u64};
        view_.scalar = bytes.pick(scalars);
        view_.n_rows = n_rows;
        view_.n_features = n_features;
        lay_out(bytes);
        const std::vector<double> drawn_from = bytes.numbers(bytes.whole(1, 24));
        const double noise = bytes.number();
        std::uint64_t state = bytes.byte();
        for (Index i = 0; i < n_rows; ++i) {
            for (Index j = 0; j < n_features; ++j) {
                state = state * 6364136223846793005u + 1442695040888963407u;
                const double value = drawn_from[static_cast<std::size_t>((state >> 33) % drawn_from.size())];
                const double unit = static_cast<double>((state >> 12) & 0xFFFFF) * 0x1p-20;
                const double number = (state >> 60) < 12 ? value + noise * unit : value;
                largest_ = std::fmax(largest_, std::fabs(number));
                put(i, j, number);
            }
        }
    }

    const gaussmix::MatrixView& view() const noexcept { return view_; }
    /// No number is larger, by magnitude.
    double largest() const noexcept { return largest_; }

private:
    std::ptrdiff_t width() const noexcept {
        using gaussmix::Scalar;
        switch (view_.scalar) {
            case Scalar::i8:
            case Scalar::u8: return 1;
            case Scalar::f16:
            case Scalar::i16:
            case Scalar::u16: return 2;
            case Scalar::f32:
            case Scalar::i32:
            case Scalar::u32: return 4;
            default: return 8;
        }
    }

    /// Chooses strides; the data pointer is set so that exactly the bytes of `memory_` are reached.
    void lay_out(Bytes& bytes) {
        const std::ptrdiff_t gap = bytes.byte() % 3 == 0 ? bytes.byte() % 24 : 0;
        const bool by_columns = bytes.flag();
        std::ptrdiff_t& inner = by_columns ? view_.row_stride : view_.feature_stride;
        std::ptrdiff_t& outer = by_columns ? view_.feature_stride : view_.row_stride;
        inner = width() + gap % 4;
        outer = inner * (by_columns ? view_.n_rows : view_.n_features) + gap;
        const std::uint8_t twist = bytes.byte();
        if (twist % 8 == 1) inner = 0;
        if (twist % 8 == 2) outer = 0;
        if (twist % 8 >= 5) inner = -inner;
        if (twist % 4 == 3) outer = -outer;
        const std::ptrdiff_t across = (view_.n_features - 1) * view_.feature_stride;
        const std::ptrdiff_t down = (view_.n_rows - 1) * view_.row_stride;
        const std::ptrdiff_t before = (across < 0 ? -across : 0) + (down < 0 ? -down : 0);
        const std::ptrdiff_t after = (across > 0 ? across : 0) + (down > 0 ? down : 0) + width();
        memory_.resize(static_cast<std::size_t>(before + after));
        data_ = memory_.data() + before;
        view_.data = data_;
    }

    template <class T>
    static T rounded(double value) noexcept {
        return std::fabs(value) < 1e9 ? static_cast<T>(static_cast<std::int64_t>(value)) : T{7};
    }

    void put(Index i, Index j, double value) noexcept {
        using gaussmix::Scalar;
        char* const to = data_ + i * view_.row_stride + j * view_.feature_stride;
        const auto write = [to](auto number) { std::memcpy(to, &number, sizeof number); };
        switch (view_.scalar) {
            case Scalar::f64: return write(value);
            case Scalar::f32: return write(std::fabs(value) < 3e38 ? static_cast<float>(value) : HUGE_VALF);
            case Scalar::f16: return write(rounded<std::uint16_t>(value * 1000));  // any bits: halves of every kind
            case Scalar::i8: return write(rounded<std::int8_t>(value));
            case Scalar::i16: return write(rounded<std::int16_t>(value));
            case Scalar::i32: return write(rounded<std::int32_t>(value));
            case Scalar::i64: return write(rounded<std::int64_t>(value));
            case Scalar::u8: return write(rounded<std::uint8_t>(value));
            case Scalar::u16: return write(rounded<std::uint16_t>(value));
            case Scalar::u32: return write(rounded<std::uint32_t>(value));
            case Scalar::u64: return write(rounded<std::uint64_t>(value));
        }
    }

    gaussmix::MatrixView view_;
    std::vector<char> memory_;
    char* data_ = nullptr;
    double largest_ = 7;  // what stands for numbers that an integer type cannot hold
};

/// One weight a row, or none: zeros and wide ranges are common, unusable ones rare.
inline std::vector<double> decode_weights(Bytes& bytes, Index n_rows) {
    const std::uint8_t kind = bytes.byte();
    if (kind % 3 == 0) return {};
    const std::vector<double> drawn_from = bytes.numbers(bytes.whole(1, 6));
    std::vector<double> weights;
    for (Index i = 0; i < n_rows; ++i) {
        const double weight = drawn_from[static_cast<std::size_t>(i * 7 % 31) % drawn_from.size()];
        weights.push_back(kind % 16 == 1 ? weight : std::fabs(weight));
    }
    return weights;
}

inline gaussmix::WeightsView view_of(const std::vector<double>& weights) {
    if (weights.empty()) return {};
    return {weights.data(), static_cast<Index>(weights.size())};
}

}  // namespace fuzz
