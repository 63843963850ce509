/// Clusters from rows that are merged one by one: model-based hierarchical clustering.
#pragma once

#include <cstdint>
#include <vector>

#include "em/starts/sample.hpp"

namespace gaussmix::em {

/// Labels of some rows, (n,), by number of clusters; empty where there are none.
using Hierarchy = std::vector<std::vector<std::int64_t>>;

/// Returns the labels of 2 to `most` clusters, as far as there are that many rows. Each time, those two clusters are
/// merged whose union costs the least likelihood of balls, each of its own size, with as much added to their scatter
/// as keeps single rows from being singular: the sum of n_k log((tr W_k + tr W / (n d)) / n_k) stays least (Banfield
/// and Raftery 1993; Fraley 1998). Distances are between features divided by their deviations or, if `turned`, between
/// the principal components of these, divided by the roots of their deviations (Scrucca and Raftery 2015).
Hierarchy merge_rows(const Sample& rows, Index most, bool turned);

}  // namespace gaussmix::em
