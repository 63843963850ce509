/// The fit of rows in memory of which some values are missing.
#pragma once

#include "gaussmix/fit.hpp"
#include "rows/data.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument) if no row of positive weight has some feature, naming it. Rows without missing values
/// pass.
void check_holes(const Summary& summary);

/// Fits as `fit` of pieces does, to a sample first: one that is completed, for the start alone. From there on the rows
/// count as they are. They are those that `check_holes` lets pass.
Model fit_with_holes(const rows::Data& rows, const Summary& summary, const Options& options, const Start& start,
                     const Execution& execution, const OnIteration& on_iteration);

}  // namespace gaussmix::em
