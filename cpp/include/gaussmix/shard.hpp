/// Some rows in memory, and what passes have learnt about them.
#pragma once

#include <memory>
#include <vector>

#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/pairs.hpp"
#include "gaussmix/pieces.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix {

/// Rows in memory that a run reads again and again: all of them, as in `fit`, or those of one piece, one file or one
/// machine. It remembers what helps the next pass, such as which components are too far from a row to count.
///
///   while (!run.done()) run.advance(merge(a.moments(run), b.moments(run)));
///
/// The rows and weights are not copied: they must outlive the shard and stay unchanged. There may be no rows. One
/// thread at a time may use a shard.
class GAUSSMIX_EXPORT Shard {
public:
    /// Throws Error(invalid_argument) unless the rows and weights can be read.
    explicit Shard(const MatrixView& x, WeightsView sample_weight = {}, const Execution& execution = {});
    /// Does the same for rows that may carry the components that they may have come from.
    explicit Shard(const Piece& rows, const Execution& execution = {});
    ~Shard();
    Shard(Shard&&) noexcept;
    Shard& operator=(Shard&&) noexcept;

    Index n_rows() const noexcept;
    Index n_features() const noexcept;

    /// Returns the summary of the rows, as `summarize` does. The first call reads them.
    const Summary& summary();

    /// Returns the moments of the rows under the present model of the run, which stay valid until the next call. Passes
    /// of one run learn from each other unless its options turn pruning off; for a different run, the shard starts
    /// afresh. The bits are the same for any number of threads, and without pruning they are those of `accumulate`.
    const Moments& moments(const Run& run);

    /// Returns the moments of the rows under any scorer, with the bits of `accumulate`. They stay valid until the next
    /// call.
    const Moments& moments(const Scorer& scorer, Scatter scatter);

    /// Returns how much weight of the rows that may have come from component k, a share of those that have several, a
    /// mixture gives to its component j, (K, K) row-major: by it a fit puts the components of a start that knew of no
    /// labels in the order of the labels. Rows that may have come from any component do not count.
    std::vector<double> affinity(const Scorer& scorer);

    /// Returns the shares of pairs that the last pass computed and kept.
    PairShare pairs() const noexcept;

private:
    class GAUSSMIX_HIDDEN State;
    std::unique_ptr<State> state_;
};

}  // namespace gaussmix
