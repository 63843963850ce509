/// The checks of a summary given by a host, and whether rows have missing values.
#pragma once

#include "gaussmix/summary.hpp"

namespace gaussmix::rows {

/// Throws Error(invalid_argument) unless the arrays have one number per feature and can be those of some rows.
void check(const Summary& summary);

/// Checks the summary of a piece in the same way; it may have no rows of positive weight, and no features if it has no
/// rows at all.
void check_piece(const Summary& summary);

/// Returns whether the summary is of rows some of which lack values.
inline bool has_holes(const Summary& summary) noexcept { return !summary.together.empty(); }

}  // namespace gaussmix::rows
