/// From the caller's matrix to tiles: the only code that reads data of the caller.
#pragma once

#include <string>
#include <vector>

#include "gaussmix/matrix_view.hpp"
#include "kernels/layout.hpp"
#include "kernels/table.hpp"
#include "linalg/aligned.hpp"
#include "parallel/parallel.hpp"
#include "rows/order.hpp"
#include "rows/plan.hpp"

namespace gaussmix::rows {

/// Whether a piece of the data may have no rows, or none of positive weight.
enum class Empty { refused, allowed };

/// Throws Error(invalid_argument) unless the view can be read: data there, sizes positive.
void check(const MatrixView& x, const std::string& name = "X", Empty empty = Empty::refused);

/// Throws Error(invalid_argument) unless x has as many features as the mixture.
void check_features(const MatrixView& x, Index n_features);

/// Throws Error(invalid_argument) unless there are no weights, or n_rows finite, non-negative ones with a positive sum.
void check(WeightsView weights, Index n_rows, Empty empty = Empty::refused);

/// Writes row `row` of the view as doubles, shape (d,).
void read_row(const MatrixView& x, Index row, double* out);

/// Whether a float holds each such number.
constexpr bool is_single(Scalar scalar) noexcept { return scalar == Scalar::f32 || scalar == Scalar::f16; }

/// Rows of a matrix that have bounds in common: those of floats as many as floats fill a cache line, though single
/// tiles may be computed on as doubles.
constexpr Index group_rows(Scalar scalar) noexcept {
    return is_single(scalar) ? kernels::group_rows<float> : kernels::group_rows<double>;
}

/// Which layouts of a tile are to be had.
enum class Layouts {
    columns,           ///< for densities and diagonal sums
    columns_and_rows,  ///< for full scatters of more than a panel of features as well
};

/// One worker's tile: storage that is filled with some rows of a view, as numbers T. It may point to rows of the view
/// itself, which must outlive their use.
template <class T>
class TileBuffer {
public:
    TileBuffer() = default;
    TileBuffer(Index tile_rows, Index n_features, const kernels::Table& table, Layouts layouts = Layouts::columns);

    /// Converts the rows of x at positions [first, first + n), n <= tile_rows, into the tile; the row count is padded
    /// to whole blocks with copies of the last row. `weights` likewise, padded with zeros; 1 each where there are none.
    void load(const MatrixView& x, WeightsView weights, Index first, Index n, Order order = nullptr);

    /// Overwrites rows of weight zero by one that counts, so that whatever they hold cannot reach a sum. False when no
    /// row of the tile counts.
    bool hide_weightless();

    /// Whether all numbers of the tile are finite and at most `reach` in magnitude.
    bool within(T reach) const noexcept;

    /// Fills the tile's statistics: its features less those of a point, their squares or the sum of these, and 1.
    void centre(kernels::Point<T> point, kernels::Squares kind);
    /// Has a part of the rows that come after the tile brought near, for the tile after it. To be called now and then
    /// in the midst of other work.
    void announce_next(Index part, Index n_parts) const noexcept;

    const kernels::Tile<T>& tile() const noexcept { return tile_; }
    const T* weights() const noexcept { return weights_.data(); }
    Index stride() const noexcept { return tile_.stride; }

private:
    void read_packed(const MatrixView& x, Index first, Index n, Order order);
    void convert(const MatrixView& x, Index first, Index n, Order order);
    void copy_row(Index from, Index to);

    const kernels::Kernels<T>* kernels_ = nullptr;
    Index n_unit_weights_ = 0;  // that stand before those of the padding, where no weights were given
    linalg::AlignedBuffer<T> columns_;
    std::vector<const T*> rows_;
    linalg::AlignedBuffer<T> converted_;  // rows that the caller does not hold as numbers T side by side
    linalg::AlignedBuffer<T> weights_;
    linalg::AlignedBuffer<T> statistics_;
    bool has_rows_;
    MatrixView x_{};  // where the tile was loaded from, and the position after it
    Order order_ = nullptr;
    Index next_ = 0;
    kernels::Tile<T> tile_{};
};

extern template class TileBuffer<double>;
extern template class TileBuffer<float>;

/// body(first_row, n_rows) for each tile of chunk `chunk`, with checkpoints in between.
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
