/// The checks of a summary that a host hands in.
#pragma once

#include "gaussmix/summary.hpp"

namespace gaussmix::rows {

/// Throws Error(invalid_argument) unless the arrays have one number a feature and are those of some rows.
void check(const Summary& summary);

/// The same of a piece, which may have no rows of positive weight, and no features if it has no rows at all.
void check_piece(const Summary& summary);

}  // namespace gaussmix::rows
