/// The start of a run.
#pragma once

#include <memory>

#include "em/run/iterate.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument) unless `start` fits the options and the shape of x.
void check(const Start& start, const Options& options, const MatrixView& x);

/// Returns the size of a sample whose fit is worth starting the fit of all rows from.
Index rows_for_a_fit(const Options& options, Index n_features);

/// Returns a run at its beginning or, unless it is `watched`, after the iterations that were done to choose the start.
/// `restart` distinguishes restarts; a given start is the same in each.
std::unique_ptr<LocalRun> begin(Passes& pass, const Options& options, const Summary& summary, const Start& start,
                                Index restart, bool watched, const Execution& execution);

}  // namespace gaussmix::em
