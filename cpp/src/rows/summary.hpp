/// The checks of a summary given by a host.
#pragma once

#include "gaussmix/summary.hpp"

namespace gaussmix::rows {

/// Throws Error(invalid_argument) unless the arrays have one number per feature and can be those of some rows.
void check(const Summary& summary);

/// Checks the summary of a piece in the same way; it may have no rows of positive weight, and no features if it has no
/// rows at all.
void check_piece(const Summary& summary);

}  // namespace gaussmix::rows
