/// The check of a summary that a host hands in.
#pragma once

#include "gaussmix/run.hpp"

namespace gaussmix::rows {

/// Throws Error(invalid_argument) unless the arrays have one number a feature and are those of some rows.
void check(const Summary& summary);

}  // namespace gaussmix::rows
