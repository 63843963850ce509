/// Views of the caller's numbers: typed, strided, never copied. They are made from pointers, or from anything with
/// data() and size(), such as std::vector and std::span.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "gaussmix/export.h"
#include "gaussmix/index.hpp"

namespace gaussmix {

/// The element types of a view. f16 and f32 are computed on in single precision with sums in double, unless that would
/// lose digits; all others are widened to double as they are read.
enum class Scalar : std::uint8_t { f16, f32, f64, i8, i16, i32, i64, u8, u16, u32, u64 };

/// What NaN in a matrix stands for.
enum class Missing : std::uint8_t {
    error,  ///< nothing: it is an error that names row and column
    em,     ///< a value that is missing at random: its row counts by the others, under the mixture's marginal
};

namespace detail {

/// True for views, which have a member type `element_type`, as std::span does; containers that own their numbers have
/// none.
template <class Numbers, class = void>
struct IsView : std::false_type {};
template <class Numbers>
struct IsView<Numbers, std::void_t<typename Numbers::element_type>> : std::true_type {};

/// Enabled for types with size() and with data() that points to T.
template <class Numbers, class T>
using IfNumbers = std::enable_if_t<std::is_convertible_v<decltype(std::declval<Numbers&>().data()), T*> &&
                                   std::is_convertible_v<decltype(std::declval<Numbers&>().size()), std::size_t>>;

/// `Numbers` is deduced from a forwarding reference.
template <class Numbers>
constexpr void refuse_temporaries() {
    static_assert(std::is_lvalue_reference_v<Numbers> || IsView<std::remove_cv_t<Numbers>>::value,
                  "a view of a temporary would outlive its numbers: give them a name first");
}

template <class T>
constexpr Scalar scalar_of() {
    static_assert(std::is_same_v<T, double> || std::is_same_v<T, float> ||
                      (std::is_integral_v<T> && !std::is_same_v<T, bool> && sizeof(T) <= 8),
                  "numbers of this type cannot be read: give float, double, or integers");
    if (std::is_same_v<T, double>) return Scalar::f64;
    if (std::is_same_v<T, float>) return Scalar::f32;
    constexpr bool is_signed = std::is_signed_v<T>;
    switch (sizeof(T)) {
        case 1: return is_signed ? Scalar::i8 : Scalar::u8;
        case 2: return is_signed ? Scalar::i16 : Scalar::u16;
        case 4: return is_signed ? Scalar::i32 : Scalar::u32;
        default: return is_signed ? Scalar::i64 : Scalar::u64;
    }
}

/// Returns the number of rows in an array of this size. Throws Error(invalid_argument) unless it holds whole rows.
GAUSSMIX_EXPORT Index whole_rows(std::size_t n_numbers, Index n_features);

}  // namespace detail

/// n_rows observations of n_features numbers each. Strides are in bytes and may be negative or zero; elements need not
/// be aligned. The memory must outlive the view and stay unchanged while a call uses it.
struct MatrixView {
    const void* data = nullptr;
    Scalar scalar = Scalar::f64;
    Index n_rows = 0;
    Index n_features = 0;
    std::ptrdiff_t row_stride = 0;
    std::ptrdiff_t feature_stride = 0;
    Missing missing = Missing::error;
};

/// Returns the same matrix, with NaN standing for missing values.
inline MatrixView with_missing(MatrixView x) noexcept {
    x.missing = Missing::em;
    return x;
}

/// Returns a view of floats, doubles or integers; strides count numbers, not bytes.
template <class T>
MatrixView strided(const T* data, Index n_rows, Index n_features, std::ptrdiff_t row_stride,
                   std::ptrdiff_t feature_stride) noexcept {
    constexpr auto width = static_cast<std::ptrdiff_t>(sizeof(T));
    return {data, detail::scalar_of<T>(), n_rows, n_features, row_stride * width, feature_stride * width};
}

/// Returns a view of a row-major array, (n_rows, n_features).
template <class T>
MatrixView row_major(const T* data, Index n_rows, Index n_features) noexcept {
    return strided(data, n_rows, n_features, static_cast<std::ptrdiff_t>(n_features), 1);
}

/// Returns a view of a column-major array, (n_rows, n_features).
template <class T>
MatrixView column_major(const T* data, Index n_rows, Index n_features) noexcept {
    return strided(data, n_rows, n_features, 1, static_cast<std::ptrdiff_t>(n_rows));
}

/// Return the same for a std::vector, std::span or the like. Throw Error(invalid_argument) unless its size is a
/// multiple of n_features.
template <class Numbers>
MatrixView row_major(Numbers&& values, Index n_features) {
    detail::refuse_temporaries<Numbers>();
    return row_major(values.data(), detail::whole_rows(values.size(), n_features), n_features);
}
template <class Numbers>
MatrixView column_major(Numbers&& values, Index n_features) {
    detail::refuse_temporaries<Numbers>();
    return column_major(values.data(), detail::whole_rows(values.size(), n_features), n_features);
}

/// One weight per row, contiguous. data == nullptr, the default, gives every row the weight one.
struct WeightsView {
    const double* data = nullptr;
    Index size = 0;

    WeightsView() = default;
    WeightsView(const double* data_, Index size_) noexcept : data(data_), size(size_) {}
    /// A view of the weights in a std::vector, std::span or the like. An empty one is not the default.
    template <class Numbers, class = detail::IfNumbers<Numbers, const double>>
    WeightsView(Numbers&& weights) noexcept : data(weights.data()), size(signed_size(weights)) {
        detail::refuse_temporaries<Numbers>();
        static constexpr double none = 0;
        if (size == 0) data = &none;
    }

    explicit operator bool() const noexcept { return data != nullptr; }
};

/// Where a call writes its results, contiguous.
template <class T>
struct Output {
    T* data = nullptr;
    Index size = 0;

    Output(T* data_, Index size_) noexcept : data(data_), size(size_) {}
    /// A view of a std::vector, std::array, std::span or the like, which must already have the right size.
    template <class Numbers, class = detail::IfNumbers<Numbers, T>>
    Output(Numbers&& room) noexcept : data(room.data()), size(signed_size(room)) {
        detail::refuse_temporaries<Numbers>();
    }
    template <std::size_t n>
    Output(T (&room)[n]) noexcept : data(room), size(static_cast<Index>(n)) {}
};

}  // namespace gaussmix
