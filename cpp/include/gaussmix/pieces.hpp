/// Rows that are not all in memory at once.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/matrix_view.hpp"
#include "gaussmix/moments.hpp"
#include "gaussmix/scorer.hpp"
#include "gaussmix/summary.hpp"

namespace gaussmix {

/// Some of the rows, with their weights; possibly none.
struct Piece {
    MatrixView x;
    WeightsView sample_weight = {};
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

/// Returns what one part of the rows gives to a sample of all of them, of about `size` rows: all its rows of positive
/// weight if there are at most `size` rows in all, else rows drawn by their weight and distance from the mean (Bachem,
/// Lucic and Krause 2018). `all` is the summary of all rows; `number` is that of the part, whose own random numbers it
/// gives. Samples of the parts, one after the other, are a sample of all.
GAUSSMIX_EXPORT Sample draw(const MatrixView& x, WeightsView sample_weight, const Summary& all, Index size,
                            std::uint64_t seed, std::uint64_t number, const Execution& execution = {});

/// Rows that this process does not read, such as those of other machines: what a fit asks of them. Each function
/// answers for all rows, from what `summarize`, `draw` and `accumulate` give of each part, and answers the same each
/// time.
struct RemoteRows {
    std::function<Summary()> summary;
    std::function<Sample(const Summary& all, Index size, std::uint64_t seed)> sample;
    std::function<Moments(const Scorer& scorer, Scatter scatter)> moments;
};

/// Keeps what each visit to the pieces gave: their summary, the sample, the moments of each iteration. A fit with the
/// records of an earlier one of the same rows and options takes them instead of visiting, up to the same bits, and goes
/// on from there; max_iter may differ.
struct Journal {
    std::function<std::optional<std::vector<std::uint8_t>>()> read;  ///< the next record, or nothing after the last one
    std::function<void(const std::vector<std::uint8_t>&)> write;     ///< keeps one more
};

}  // namespace gaussmix
