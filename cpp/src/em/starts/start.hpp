/// Where a run begins.
#pragma once

#include <memory>

#include "em/run/iterate.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument) unless `start` fits the options and the shape of x.
void check(const Start& start, const Options& options, const MatrixView& x);

/// The rows of a sample that is worth a fit of its own, to start one of all rows from its end.
Index rows_for_a_fit(const Options& options, Index n_features);

/// A run at its beginning or, unless it is `watched`, some iterations later, if those were done to find where it best
/// begins. `restart` tells restarts apart; a given start is the same in each.
std::unique_ptr<Ascent> begin(Passes& pass, const Options& options, const Summary& summary, const Start& start,
                              Index restart, bool watched, const Execution& execution);

}  // namespace gaussmix::em
