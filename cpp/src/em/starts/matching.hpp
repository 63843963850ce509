/// Which components of a mixture that knew of no labels stand for which components of one that does.
#pragma once

#include <vector>

#include "gaussmix/parameters.hpp"
#include "rows/data.hpp"
#include "whitening/scorer.hpp"

namespace gaussmix::em {

/// Returns how much weight of the rows that may have come from component k, a share of those that have several, the
/// mixture gives to its component j, (K, K). Rows without a set do not count.
std::vector<double> affinity(const rows::Data& rows, const Scorer& mixture);

/// Returns the mixture with its components in the order that gives rows the most of what they may have come from
/// (Kuhn 1955).
Parameters matched(const Parameters& mixture, const std::vector<double>& affinity);

}  // namespace gaussmix::em
