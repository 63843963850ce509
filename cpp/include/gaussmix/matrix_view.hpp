/// Views of the caller's numbers: typed, strided, read-only, never copied.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gaussmix {

/// Counts and offsets. Signed, 64 bits: n_rows * n_components may pass 2^31.
using Index = std::int64_t;

/// The element types a view may have. f16 and f32 are computed on in single precision with sums in double, unless that
/// would lose digits; everything else is widened to double as it is read.
enum class Scalar : std::uint8_t { f16, f32, f64, i8, i16, i32, i64, u8, u16, u32, u64 };

/// n_rows observations of n_features numbers. Strides are in bytes and may be negative or zero; elements need not be
/// aligned. The memory must outlive the view and stay unchanged while a call uses it.
struct MatrixView {
    const void* data = nullptr;
    Scalar scalar = Scalar::f64;
    Index n_rows = 0;
    Index n_features = 0;
    std::ptrdiff_t row_stride = 0;
    std::ptrdiff_t feature_stride = 0;
};

/// One double a row, contiguous; data == nullptr stands for "a weight of one each".
struct WeightsView {
    const double* data = nullptr;
    Index size = 0;

    explicit operator bool() const noexcept { return data != nullptr; }
};

/// A row-major array of doubles, shape (n_rows, n_features).
inline MatrixView row_major(const double* data, Index n_rows, Index n_features) noexcept {
    const auto width = static_cast<std::ptrdiff_t>(sizeof(double));
    return {data, Scalar::f64, n_rows, n_features, static_cast<std::ptrdiff_t>(n_features) * width, width};
}

/// A row-major array of floats, shape (n_rows, n_features).
inline MatrixView row_major(const float* data, Index n_rows, Index n_features) noexcept {
    const auto width = static_cast<std::ptrdiff_t>(sizeof(float));
    return {data, Scalar::f32, n_rows, n_features, static_cast<std::ptrdiff_t>(n_features) * width, width};
}

/// A column-major array of doubles, shape (n_rows, n_features).
inline MatrixView column_major(const double* data, Index n_rows, Index n_features) noexcept {
    const auto width = static_cast<std::ptrdiff_t>(sizeof(double));
    return {data, Scalar::f64, n_rows, n_features, width, static_cast<std::ptrdiff_t>(n_rows) * width};
}

/// A column-major array of floats, shape (n_rows, n_features).
inline MatrixView column_major(const float* data, Index n_rows, Index n_features) noexcept {
    const auto width = static_cast<std::ptrdiff_t>(sizeof(float));
    return {data, Scalar::f32, n_rows, n_features, width, static_cast<std::ptrdiff_t>(n_rows) * width};
}

}  // namespace gaussmix
