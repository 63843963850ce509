/// The check of a scorer given by a host.
#pragma once

#include "whitening/scorer.hpp"

namespace gaussmix::rows {

/// Throws Error(invalid_argument) unless the arrays have the sizes that whitening, n_components and n_features require,
/// and their numbers can be those of a mixture.
void check(const ScorerNumbers& scorer);

}  // namespace gaussmix::rows
