/// From the caller's matrix to tiles: the only code that reads the caller's data.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "gaussmix/matrix_view.hpp"
#include "kernels/layout.hpp"
#include "kernels/table.hpp"
#include "linalg/aligned.hpp"
#include "parallel/parallel.hpp"
#include "rows/order.hpp"
#include "rows/plan.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::rows {

/// Throws Error(invalid_argument) unless the view can be read: data not null, sizes positive.
void check(const MatrixView& x, const std::string& name = "X");

/// Throws Error(invalid_argument) unless x has as many features as the mixture.
void check_features(const MatrixView& x, Index n_features);

/// Throws Error(invalid_argument) unless there are no weights, or n_rows finite, non-negative ones with a positive sum.
void check(WeightsView weights, Index n_rows);

/// Does both for a piece of the data, which may have no rows, or none of positive weight.
void check_piece(const MatrixView& x, WeightsView weights);

/// Writes one row of the view as doubles, (d,).
void read_row(const MatrixView& x, Index row, double* out);

/// Writes some features of n rows as doubles, (n, features): of row row_of(i) in row i.
template <class RowOf>
void read_features(const MatrixView& x, Index n, RowOf row_of, const std::vector<Index>& features, double* out) {
    if (x.scalar == Scalar::f64) {
        const auto start = [&](Index i) {
            return static_cast<const char*>(x.data) + static_cast<std::ptrdiff_t>(row_of(i)) * x.row_stride;
        };
        const bool is_packed = x.feature_stride == static_cast<std::ptrdiff_t>(sizeof(double));
        const std::ptrdiff_t fetched = is_packed ? std::min(x.n_features, tuning::most_fetched) * x.feature_stride : 0;
        constexpr std::ptrdiff_t line = 64;
        for (Index i = 0; i < n; ++i) {
            const char* row = start(i);
            if (i + tuning::rows_ahead < n) {
                const char* next = start(i + tuning::rows_ahead);
                for (std::ptrdiff_t at = 0; at < fetched; at += line) __builtin_prefetch(next + at);
            }
            for (const Index j : features) {
                std::memcpy(out++, row + static_cast<std::ptrdiff_t>(j) * x.feature_stride, sizeof(double));
            }
        }
        return;
    }
    std::vector<double> row(x.n_features);
    for (Index i = 0; i < n; ++i) {
        read_row(x, row_of(i), row.data());
        for (const Index j : features) *out++ = row[j];
    }
}

/// Returns whether a float holds every number of this type.
constexpr bool is_single(Scalar scalar) noexcept { return scalar == Scalar::f32 || scalar == Scalar::f16; }

/// Returns how many rows share a bound: with floats, as many as floats fill a cache line, even if some tiles are
/// computed in doubles.
constexpr Index group_rows(Scalar scalar) noexcept {
    return is_single(scalar) ? kernels::group_rows<float> : kernels::group_rows<double>;
}

/// Returns the distance of features in a tile of so many rows, and of terms in its results: an odd number of cache
/// lines, so that the numbers of one row lie in different sets of a cache.
template <class T>
constexpr Index tile_stride(Index tile_rows) noexcept {
    return tile_rows + (tile_rows / kernels::group_rows<T> % 2 == 0 ? kernels::group_rows<T> : 0);
}

/// The layouts that a tile has.
enum class Layouts {
    columns,           ///< for densities and diagonal sums
    columns_and_rows,  ///< for full scatters of more than a panel of features as well
};

/// One worker's tile: storage for some rows of a view as numbers T. It may point to rows of the view itself, which must
/// outlive their use.
template <class T>
class TileBuffer {
public:
    TileBuffer() = default;
    TileBuffer(Index tile_rows, Index n_features, const kernels::Table& table, Layouts layouts = Layouts::columns);

    /// Converts the rows of x at positions [first, first + n), n <= tile_rows, into the tile, padded to whole blocks
    /// with copies of the last row. `weights` are padded with zeros; 1 for each row if there are none.
    void load(const MatrixView& x, WeightsView weights, Index first, Index n, Order order = nullptr);

    /// Overwrites rows of weight zero with a row of positive weight, so that none of their numbers can reach a sum.
    /// Returns false if no row of the tile has weight.
    bool replace_zero_weight_rows();

    /// Returns whether all numbers of the tile are finite and at most `reach` in magnitude.
    bool within(T reach) const noexcept;

    /// Fills the tile's statistics: its features minus those of a point, their squares or the sum of these, and 1.
    void centre(kernels::Point<T> point, kernels::Squares kind);
    /// Prefetches part `part` of the rows that the next tile will hold. Call it now and then in the midst of other
    /// work.
    void prefetch_next(Index part, Index n_parts) const noexcept;

    const kernels::Tile<T>& tile() const noexcept { return tile_; }
    const T* weights() const noexcept { return weights_.data(); }
    Index stride() const noexcept { return tile_.stride; }

private:
    void read_packed(const MatrixView& x, Index first, Index n, Order order);
    void convert(const MatrixView& x, Index first, Index n, Order order);
    void copy_row(Index from, Index to);

    const kernels::Kernels<T>* kernels_ = nullptr;
    Index n_unit_weights_ = 0;  // unit weights before the padding, if no weights were given
    linalg::AlignedBuffer<T> columns_;
    std::vector<const T*> rows_;
    linalg::AlignedBuffer<T> converted_;  // rows that the caller does not hold as contiguous numbers T
    linalg::AlignedBuffer<T> weights_;
    linalg::AlignedBuffer<T> statistics_;
    bool has_rows_;
    MatrixView x_{};  // the matrix that the tile was loaded from, and the position after it
    Order order_ = nullptr;
    Index next_ = 0;
    Index tile_rows_ = 0;
    kernels::Tile<T> tile_{};
};

extern template class TileBuffer<double>;
extern template class TileBuffer<float>;

/// Calls body(first_row, n_rows) for each tile of chunk `chunk`, with checkpoints in between.
template <class Body>
void for_each_tile(const Plan& plan, Index chunk, Body&& body) {
    parallel::Pace pace;
    const Index end = plan.end(chunk);
    for (Index first = plan.begin(chunk); first < end; first += plan.tile_rows) {
        body(first, first + plan.tile_rows < end ? plan.tile_rows : end - first);
        pace.spend(plan.tile_work);
    }
}

}  // namespace gaussmix::rows
