/// The check of a scorer that a host hands in.
#pragma once

#include "whitening/scorer.hpp"

namespace gaussmix::rows {

/// Throws Error(invalid_argument) unless the arrays have the sizes that the whitening, n_components and n_features ask
/// for, and their numbers can be those of a mixture.
void check(const ScorerNumbers& scorer);

}  // namespace gaussmix::rows
