/// How the components of a mixture go with those that rows may have come from.
#pragma once

#include <vector>

#include "rows/data.hpp"
#include "whitening/scorer.hpp"

namespace gaussmix::em {

/// Returns how much weight of the rows that may have come from component k, a share of those that have several, the
/// mixture gives to its component j, (K, K). Rows without a set do not count.
std::vector<double> affinity(const rows::Data& rows, const Scorer& mixture);

}  // namespace gaussmix::em
