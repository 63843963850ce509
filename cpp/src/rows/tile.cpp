#include "rows/tile.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

#include "gaussmix/error.hpp"
#include "kernels/layout.hpp"
#include "text/enumerator.hpp"
#include "text/invalid.hpp"
#include "text/number.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::rows {
namespace {

/// A number of IEEE 754 binary16, for which C++17 has no type.
struct Half {
    std::uint16_t bits;
};

template <class T>
double widen(T value) noexcept {
    return static_cast<double>(value);
}

double widen(Half value) noexcept {
    const std::uint64_t sign = static_cast<std::uint64_t>(value.bits & 0x8000u) << 48;
    const std::uint64_t exponent = (value.bits >> 10) & 0x1Fu;
    const std::uint64_t fraction = value.bits & 0x3FFu;
    if (exponent == 0) {  // zero and subnormal numbers: fraction * 2^-24
        const double magnitude = static_cast<double>(fraction) * 0x1p-24;
        return sign != 0 ? -magnitude : magnitude;
    }
    const std::uint64_t wide_exponent = exponent == 31 ? 2047 : exponent + 1023 - 15;
    const std::uint64_t wide = sign | (wide_exponent << 52) | (fraction << 42);
    double result;
    std::memcpy(&result, &wide, sizeof result);
    return result;
}

template <class T>
double read(const char* address) noexcept {
    T value;
    std::memcpy(&value, address, sizeof value);
    return widen(value);
}

/// Calls use(T{}) with the C++ type of the scalar: the only switch over element types.
template <class Use>
void visit(Scalar scalar, Use use) {
    switch (scalar) {
        case Scalar::f16: return use(Half{});
        case Scalar::f32: return use(float{});
        case Scalar::f64: return use(double{});
        case Scalar::i8: return use(std::int8_t{});
        case Scalar::i16: return use(std::int16_t{});
        case Scalar::i32: return use(std::int32_t{});
        case Scalar::i64: return use(std::int64_t{});
        case Scalar::u8: return use(std::uint8_t{});
        case Scalar::u16: return use(std::uint16_t{});
        case Scalar::u32: return use(std::uint32_t{});
        case Scalar::u64: return use(std::uint64_t{});
    }
}

const char* address(const MatrixView& x, Index row) noexcept {
    return static_cast<const char*>(x.data) + static_cast<std::ptrdiff_t>(row) * x.row_stride;
}

/// Calls use(i, j, value) for the rows at positions [first, first + n) and all features. It walks along the smaller
/// stride, but in blocks of a few rows, feature by feature, so that writing by columns touches few places at a time.
template <class T, class Use>
void for_each_value(const MatrixView& x, Index first, Index n, Order order, Use use) {
    const Index block = std::abs(x.feature_stride) <= std::abs(x.row_stride) ? 8 : n;
    for (Index begin = 0; begin < n; begin += block) {
        const Index end = std::min(begin + block, n);
        for (Index j = 0; j < x.n_features; ++j) {
            const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(j) * x.feature_stride;
            for (Index i = begin; i < end; ++i) {
                use(i, j, read<T>(address(x, row_at(order, first + i)) + offset));
            }
        }
    }
}

template <class T>
constexpr Scalar scalar_of = std::is_same_v<T, double> ? Scalar::f64 : Scalar::f32;

/// Returns whether rows are contiguous, aligned numbers T.
template <class T>
bool is_packed(const MatrixView& x) noexcept {
    constexpr auto size = static_cast<std::ptrdiff_t>(sizeof(T));
    return x.scalar == scalar_of<T> && x.feature_stride == size && x.row_stride % size == 0 &&
           reinterpret_cast<std::uintptr_t>(x.data) % alignof(T) == 0;
}

/// Whether a piece of the data may have no rows, or none of positive weight.
enum class Empty { refused, allowed };

void check_view(const MatrixView& x, const std::string& name, Empty empty) {
    const bool may_be_empty = empty == Empty::allowed;
    if (x.n_rows < (may_be_empty ? 0 : 1) || x.n_features < 1) {
        text::invalid("{} has shape ({}, {}): at least {}one feature {} needed", name, x.n_rows, x.n_features,
                      may_be_empty ? "" : "one row and ", may_be_empty ? "is" : "are");
    }
    constexpr Index most_rows = Index{1} << 60;  // a stride may be zero; sums of a few counts are in range
    constexpr Index most_features = Index{1} << 53;
    if (x.n_rows > most_rows || x.n_features > most_features) {
        text::invalid("{} has shape ({}, {}): at most 2^60 rows and 2^53 features", name, x.n_rows, x.n_features);
    }
    if (x.data == nullptr && x.n_rows > 0) text::invalid("{} has no data: the pointer is null", name);
    text::check_enumerator(x.scalar, Scalar::u64, (name + ".scalar").c_str());
}

void check_weights(WeightsView weights, Index n_rows, Empty empty) {
    if (!weights) return;
    if (weights.size != n_rows) {
        text::invalid("sample_weight has {} numbers, but X has {} rows: give one weight for each row", weights.size,
                      n_rows);
    }
    double sum = 0;
    for (Index i = 0; i < n_rows; ++i) {
        const double weight = weights.data[i];
        if (!std::isfinite(weight) || weight < 0) {
            text::invalid("sample_weight is {} at row {}: weights must be finite and not negative", weight, i);
        }
        sum += weight;
    }
    if (empty == Empty::refused && !(sum > 0)) {
        text::invalid("sample_weight is zero for every row: give some row a weight");
    }
    if (!std::isfinite(sum)) {
        text::invalid("sample_weight has an infinite sum: scale the weights down");
    }
}

}  // namespace

void check(const MatrixView& x, const std::string& name) { check_view(x, name, Empty::refused); }

void check(WeightsView weights, Index n_rows) { check_weights(weights, n_rows, Empty::refused); }

void check_piece(const MatrixView& x, WeightsView weights) {
    check_view(x, "X", Empty::allowed);
    check_weights(weights, x.n_rows, Empty::allowed);
}

void check_features(const MatrixView& x, Index n_features) {
    if (x.n_features == n_features) return;
    text::invalid("X has {} features, but the mixture has {}: give those that it was fitted to", x.n_features,
                  n_features);
}

void read_row(const MatrixView& x, Index row, double* out) {
    if (x.scalar == Scalar::f64 && x.feature_stride == static_cast<std::ptrdiff_t>(sizeof(double))) {
        std::memcpy(out, address(x, row), x.n_features * sizeof(double));
        return;
    }
    visit(x.scalar, [&](auto zero) {
        for (Index j = 0; j < x.n_features; ++j) {
            out[j] = read<decltype(zero)>(address(x, row) + static_cast<std::ptrdiff_t>(j) * x.feature_stride);
        }
    });
}

template <class T>
TileBuffer<T>::TileBuffer(Index tile_rows, Index n_features, const kernels::Table& table, Layouts layouts)
    : kernels_(&table.kernels<T>()),
      columns_(tile_stride<T>(tile_rows) * n_features),
      rows_(tile_rows),
      weights_(tile_rows),
      has_rows_(layouts == Layouts::columns_and_rows && n_features > kernels::panel),
      tile_rows_(tile_rows) {
    tile_.columns = columns_.data();
    tile_.rows = rows_.data();
    tile_.n_features = n_features;
    tile_.stride = tile_stride<T>(tile_rows);
}

template <class T>
void TileBuffer<T>::load(const MatrixView& x, WeightsView weights, Index first, Index n, Order order) {
    tile_.n_rows = kernels::round_up(n, std::max(kernels_->row_block, group_rows(x.scalar)));
    x_ = x;
    order_ = order;
    next_ = first + n;
    if (is_packed<T>(x)) {
        read_packed(x, first, n, order);
    } else {
        convert(x, first, n, order);
    }
    for (Index i = n; i < tile_.n_rows; ++i) copy_row(n - 1, i);
    const bool stand_already = !weights && n == n_unit_weights_;
    n_unit_weights_ = weights ? 0 : n;
    if (stand_already) return;
    for (Index i = 0; i < n; ++i) {
        weights_.data()[i] = weights ? static_cast<T>(weights.data[row_at(order, first + i)]) : T(1);
    }
    std::fill(weights_.data() + n, weights_.data() + tile_.n_rows, T(0));
}

template <class T>
void TileBuffer<T>::read_packed(const MatrixView& x, Index first, Index n, Order order) {
    const auto row = [&](Index i) { return reinterpret_cast<const T*>(address(x, row_at(order, first + i))); };
    if (has_rows_ || order != nullptr) {
        for (Index i = 0; i < n; ++i) rows_[i] = row(i);
    }
    if (order == nullptr) {
        const std::ptrdiff_t row_stride = x.row_stride / static_cast<std::ptrdiff_t>(sizeof(T));
        kernels_->pack(row(0), row_stride, n, tile_.n_features, tile_.stride, columns_.data());
    } else {
        kernels_->pack_scattered(rows_.data(), n, tile_.n_features, tile_.stride, columns_.data());
    }
}

template <class T>
void TileBuffer<T>::convert(const MatrixView& x, Index first, Index n, Order order) {
    const Index width = tile_.n_features;
    const Index stride = tile_.stride;
    if (has_rows_) {
        if (converted_.size() == 0) converted_ = linalg::AlignedBuffer<T>(columns_.size());
        for (Index i = 0; i < n; ++i) rows_[i] = converted_.data() + i * width;
    }
    T* columns = columns_.data();
    T* rows = converted_.data();
    visit(x.scalar, [&](auto zero) {
        for_each_value<decltype(zero)>(x, first, n, order, [=](Index i, Index j, double value) {
            columns[j * stride + i] = static_cast<T>(value);
            if (rows != nullptr) rows[i * width + j] = static_cast<T>(value);
        });
    });
}

template <class T>
bool TileBuffer<T>::replace_zero_weight_rows() {
    if (n_unit_weights_ > 0) return true;
    const T* weights = weights_.data();
    const Index counts = std::find_if(weights, weights + tile_.n_rows, [](T w) { return w > 0; }) - weights;
    if (counts == tile_.n_rows) return false;
    for (Index i = 0; i < tile_.n_rows; ++i) {
        if (!(weights[i] > 0)) copy_row(counts, i);
    }
    return true;
}

template <class T>
bool TileBuffer<T>::within(T reach) const noexcept {
    int outside = 0;
    for (Index j = 0; j < tile_.n_features; ++j) {
        const T* x = tile_.columns + j * tile_.stride;
        for (Index i = 0; i < tile_.n_rows; ++i) outside += std::abs(x[i]) <= reach ? 0 : 1;
    }
    return outside == 0;
}

template <class T>
void TileBuffer<T>::centre(kernels::Point<T> point, kernels::Squares kind) {
    if (tile_.statistics == nullptr) {
        const Index n_before = kernels::n_statistics(tile_.n_features, kind) - 1;
        statistics_ = linalg::AlignedBuffer<T>((n_before + 1) * tile_.stride);
        std::fill_n(statistics_.data() + n_before * tile_.stride, tile_.stride, T(1));
        tile_.statistics = statistics_.data();
    }
    kernels_->centre(tile_, point, kind, statistics_.data());
}

template <class T>
void TileBuffer<T>::prefetch_next(Index part, Index n_parts) const noexcept {
    constexpr std::ptrdiff_t line = 64;
    const Index n = std::min(tile_rows_, x_.n_rows - next_);
    const Index begin = next_ + n * part / n_parts;
    const Index end = next_ + n * (part + 1) / n_parts;
    if (order_ == nullptr && std::abs(x_.row_stride) < line) {
        const char* from = address(x_, begin);
        const std::ptrdiff_t step = x_.row_stride < 0 ? -line : line;
        const Index n_lines = (end - begin) * std::abs(x_.row_stride) / line;
        for (Index i = 0; i < n_lines; ++i) __builtin_prefetch(from + i * step, 0, 2);
        return;
    }
    const std::ptrdiff_t stride = std::abs(x_.feature_stride);
    const Index features_a_line = stride == 0 ? x_.n_features : std::max<Index>(line / stride, 1);
    const Index n_features = std::min(x_.n_features, tuning::prefetched_lines * features_a_line);
    for (Index i = begin; i < end; ++i) {
        const char* row = address(x_, row_at(order_, i));
        for (Index j = 0; j < n_features; j += features_a_line) {
            __builtin_prefetch(row + static_cast<std::ptrdiff_t>(j) * x_.feature_stride, 0, 2);
        }
    }
}

template <class T>
void TileBuffer<T>::copy_row(Index from, Index to) {
    for (Index j = 0; j < tile_.n_features; ++j) {
        columns_.data()[j * tile_.stride + to] = tile_.columns[j * tile_.stride + from];
    }
    rows_[to] = rows_[from];
}

template class TileBuffer<double>;
template class TileBuffer<float>;

}  // namespace gaussmix::rows

gaussmix::Index gaussmix::detail::whole_rows(std::size_t n_numbers, Index n_features) {
    const auto n = static_cast<Index>(n_numbers);
    if (n_features >= 1 && n % n_features == 0) return n / n_features;
    text::invalid("{} numbers are no whole rows of {} features: give as many for each row", n, n_features);
}
