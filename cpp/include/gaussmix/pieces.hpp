/// Rows that are not all in memory at once.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "gaussmix/allowed.hpp"
#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/matrix_view.hpp"
#include "gaussmix/moments.hpp"
#include "gaussmix/scorer.hpp"
#include "gaussmix/summary.hpp"

namespace gaussmix {

/// Some of the rows, with their weights and the components that they may have come from; possibly none.
struct Piece {
    MatrixView x;
    WeightsView sample_weight = {};
    AllowedView allowed = {};
};

/// Returns piece number i, counted from 0, or nothing after the last one. It is called for all pieces in order, once
/// per pass, and must return the same rows each time. The memory behind a view must stay until the next call.
using Pieces = std::function<std::optional<Piece>(Index i)>;

/// Copies of rows that represent many more, each with a positive weight.
struct Sample {
    Index n_features = 0;
    std::vector<double> values;   ///< (n, d)
    std::vector<double> weights;  ///< (n,)
};

/// Returns the contribution of one part of the rows to a sample of all rows, of about `size`: all its rows of positive
/// weight if there are at most `size` rows in all, else rows drawn by their weight and distance from the mean (Bachem,
/// Lucic and Krause 2018). `all` is the summary of all rows; `number` is the number of the part, which selects its
/// random numbers. The samples of the parts, one after another, make a sample of all rows.
GAUSSMIX_EXPORT Sample draw(const MatrixView& x, WeightsView sample_weight, const Summary& all, Index size,
                            std::uint64_t seed, std::uint64_t number, const Execution& execution = {});

/// Rows that this process does not read, such as those on other machines: the functions by which a fit asks for their
/// statistics. Each returns a result for all rows, merged from those of `summarize`, `draw` and `accumulate` for each
/// part, and must return the same each time.
struct RemoteRows {
    std::function<Summary()> summary;
    std::function<Sample(const Summary& all, Index size, std::uint64_t seed)> sample;
    std::function<Moments(const Scorer& scorer, Scatter scatter)> moments;
    /// Where rows carry the components that they may have come from: the sum of `Shard::affinity`. Else empty.
    std::function<std::vector<double>(const Scorer& scorer)> affinity = {};
};

/// Keeps the result of each visit to the pieces: their summary, the sample, the moments of each iteration. A fit that
/// is given the records of an earlier fit of the same rows and options uses them instead of visiting the pieces, gets
/// the same bits, and continues from there; max_iter may differ.
struct Journal {
    std::function<std::optional<std::vector<std::uint8_t>>()> read;  ///< the next record, or nothing after the last one
    std::function<void(const std::vector<std::uint8_t>&)> write;     ///< keeps one more
};

}  // namespace gaussmix
