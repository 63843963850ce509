/// One worker's tile: rows, and the results of their E-step.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "estep/expectation.hpp"
#include "linalg/aligned.hpp"
#include "rows/data.hpp"
#include "rows/finite.hpp"
#include "rows/plan.hpp"
#include "rows/tile.hpp"

namespace gaussmix::estep {

/// What all tiles of a walk over some rows share.
struct Walk {
    rows::Data rows;
    rows::Plan plan;
    Index n_terms;  ///< of each row, see `ScorerNumbers`
    rows::Layouts layouts = rows::Layouts::columns;
    Index n_kept = 1;                     ///< tiles that a worker keeps loaded from one walk to the next
    rows::FiniteCheck* finite = nullptr;  ///< null: the rows are known to be finite
};

/// One worker's tile of rows with the results of their expectation, in T.
template <class T>
class Tile {
public:
    using Number = T;

    explicit Tile(const Walk& walk)
        : walk_(walk),
          loaded_(walk.n_kept),
          values_(walk.n_terms * rows::tile_stride<T>(walk.plan.tile_rows)),
          best_(walk.plan.tile_rows),
          sum_(best_.size()),
          owner_(best_.size()) {}

    /// For a worker that has one expectation only.
    Tile(const Walk& walk, std::unique_ptr<Expectation<T>> expectation) : Tile(walk) {
        expect_by(std::move(expectation));
    }

    void expect_by(std::unique_ptr<Expectation<T>> expectation) { expectation_ = std::move(expectation); }

    /// Loads the rows at positions [first, first + n). Returns false if none of them has weight.
    bool load(Index first, Index n) {
        const rows::Data& rows = walk_.rows;
        now_ = &loaded_[(first / walk_.plan.tile_rows) % loaded_.size()];
        if (now_->rows.stride() == 0) {
            now_->rows =
                rows::TileBuffer<T>(walk_.plan.tile_rows, rows.x.n_features, rows.context.table, walk_.layouts);
        }
        const bool in_place = rows.order == nullptr;
        if (!(in_place && now_->in_place && now_->first == first && now_->n == n)) {
            now_->in_place = in_place;
            now_->first = first;
            now_->n = n;
            now_->rows.load(rows.x, rows.weights, first, n, rows.order);
            now_->has_weight = now_->rows.replace_zero_weight_rows();
        }
        return now_->has_weight;
    }

    void expect() { expectation_->find(now_->rows, now_->first, now_->n, {values_.data(), sums(), owner_.data()}); }

    /// Does both. Returns false if no row of the tile has weight.
    bool expect(Index first, Index n) {
        if (!load(first, n)) return false;
        expect();
        return true;
    }

    rows::TileBuffer<T>& rows() noexcept { return now_->rows; }
    const rows::TileBuffer<T>& rows() const noexcept { return now_->rows; }
    Index first() const noexcept { return now_->first; }
    Index n() const noexcept { return now_->n; }
    /// Returns the row of the matrix that row i of the tile is.
    Index row(Index i) const noexcept { return rows::row_at(walk_.rows.order, now_->first + i); }

    /// Returns the values of term k, as the `Finish` says, (tile rows,).
    T* values(Index k) noexcept { return values_.data() + k * rows().stride(); }
    const T* values(Index k) const noexcept { return values_.data() + k * rows().stride(); }
    kernels::LogSums<T> sums() noexcept { return {best_.data(), sum_.data()}; }
    /// Returns the largest log density of row i, minus the base.
    T best(Index i) const noexcept { return best_.data()[i]; }
    /// Returns the first best term of row i; only for `Finish::best`.
    Index owner(Index i) const noexcept { return static_cast<Index>(owner_.data()[i]); }
    /// Returns the probability of the best term of row i; only for `Finish::probabilities`.
    double top_probability(Index i) const noexcept { return static_cast<double>(1 / sum_.data()[i]); }

    /// Returns the log density of each row under the mixture, (n,); only for `Finish::responsibilities` or
    /// `probabilities`.
    const double* log_densities() {
        if (log_densities_.size() == 0) log_densities_ = linalg::AlignedBuffer<double>(best_.size());
        walk_.rows.context.table.kernels<T>().log_sum_exp(sums(), rows().tile().n_rows, log_densities_.data());
        double* const result = log_densities_.data();
        const double added = base();
        for (Index i = 0; i < n(); ++i) result[i] += added;
        return result;
    }

    double base() const noexcept { return expectation_->base(); }
    const T* squares(Index k) const noexcept { return expectation_->squares(k); }
    kernels::Groups groups(Index k) const noexcept { return expectation_->groups(k); }

private:
    /// Rows of the data, ready for the kernels.
    struct Loaded {
        rows::TileBuffer<T> rows;
        Index first = 0;
        Index n = 0;
        bool in_place = false;  // in the order of the data
        bool has_weight = false;
    };

    const Walk& walk_;
    std::vector<Loaded> loaded_;  // a few tiles have a place each and stay loaded for the next walk
    Loaded* now_ = nullptr;       // the present one
    std::unique_ptr<Expectation<T>> expectation_;
    linalg::AlignedBuffer<T> values_;
    linalg::AlignedBuffer<T> best_;
    linalg::AlignedBuffer<T> sum_;
    linalg::AlignedBuffer<T> owner_;
    linalg::AlignedBuffer<double> log_densities_;
};

}  // namespace gaussmix::estep
