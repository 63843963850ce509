/// The E-step of rows with missing values: tiles of rows of one pattern, under the marginal of the features that they
/// have. A tile is gathered from the caller's matrix, so that no copy of it is made.
#pragma once

#include <optional>

#include "estep/estep.hpp"
#include "linalg/aligned.hpp"
#include "missing/mixture.hpp"
#include "rows/data.hpp"
#include "rows/patterns.hpp"
#include "rows/plan.hpp"
#include "rows/tile.hpp"

namespace gaussmix::missing {

/// What all workers of a walk share.
struct Walk {
    rows::Data rows;
    const rows::Patterns& patterns;
    rows::Plan plan;  ///< of positions in the order of the patterns
    const Mixture& mixture;
    rows::Layouts layouts = rows::Layouts::columns;
};

/// One worker's tile of rows of one pattern, and what the E-step finds of them. It has the verbs of `estep::Tile`.
class Tile {
public:
    using Number = double;

    explicit Tile(const Walk& walk);

    /// Goes on to another pattern.
    void go_to(Index pattern);
    const Marginal& marginal() const noexcept { return marginal_; }

    /// Gathers the rows at positions [first, first + n) of the order. Returns false if none has weight.
    bool load(Index first, Index n);
    /// Does the E-step.
    void expect(estep::Finish finish);

    Index n() const noexcept { return n_; }
    /// Returns the row of the matrix that row i of the tile is.
    Index row(Index i) const noexcept { return walk_.patterns.row(first_ + i); }
    /// Returns how many rows the kernels compute on.
    Index n_rows() const noexcept { return n_rows_; }
    Index stride() const noexcept { return rows::tile_stride<double>(walk_.plan.tile_rows); }
    /// Only where rows of the pattern have a feature.
    const rows::TileBuffer<double>& rows() const noexcept { return *rows_; }
    const double* weights() const noexcept { return weights_.data(); }

    double* values(Index k) noexcept { return values_.data() + k * stride(); }
    const double* values(Index k) const noexcept { return values_.data() + k * stride(); }
    kernels::LogSums<double> sums() noexcept { return {best_.data(), sum_.data()}; }
    double best(Index i) const noexcept { return best_.data()[i]; }
    Index owner(Index i) const noexcept { return static_cast<Index>(owner_.data()[i]); }
    double top_probability(Index i) const noexcept { return 1 / sum_.data()[i]; }
    const double* log_densities();

private:
    void rule_out();

    const Walk& walk_;
    Marginal marginal_;
    std::optional<whitening::Model<double>> model_;
    std::optional<estep::Densities<double>> densities_;
    std::optional<rows::TileBuffer<double>> rows_;
    linalg::AlignedBuffer<double> gathered_;
    linalg::AlignedBuffer<double> weights_;
    linalg::AlignedBuffer<double> values_;
    linalg::AlignedBuffer<double> best_;
    linalg::AlignedBuffer<double> sum_;
    linalg::AlignedBuffer<double> owner_;
    linalg::AlignedBuffer<double> log_densities_;
    Index first_ = 0;
    Index n_ = 0;
    Index n_rows_ = 0;
};

/// Calls begin(tile) where a pattern begins in the chunk, use(tile) for each loaded tile, then end(tile).
template <class Begin, class Use, class End>
void for_each_tile(const Walk& walk, Index chunk, Tile& tile, Begin begin, Use use, End end) {
    parallel::Pace pace;
    walk.patterns.for_each_part(walk.plan.begin(chunk), walk.plan.end(chunk), [&](Index pattern, Index from, Index to) {
        tile.go_to(pattern);
        begin(tile);
        for (Index first = from; first < to; first += walk.plan.tile_rows) {
            if (tile.load(first, std::min(walk.plan.tile_rows, to - first))) use(tile);
            pace.spend(walk.plan.tile_work);
        }
        end(tile);
    });
}

}  // namespace gaussmix::missing
