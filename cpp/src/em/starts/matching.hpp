/// Which components of a mixture that knew of no labels stand for which components of one that does.
#pragma once

#include <vector>

#include "gaussmix/parameters.hpp"

namespace gaussmix::em {

/// Returns the mixture with its components in the order that gives rows the most of what they may have come from
/// (Kuhn 1955).
Parameters matched(const Parameters& mixture, const std::vector<double>& affinity);

}  // namespace gaussmix::em
