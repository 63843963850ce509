/// Clusters to start from where rows tell which components they may have come from: seeds among the rows of the fewest
/// components, then k-means in which no row joins a cluster that is ruled out for it (Basu, Banerjee and Mooney 2002).
#pragma once

#include <vector>

#include "gaussmix/summary.hpp"
#include "random/random.hpp"
#include "rows/data.hpp"

namespace gaussmix::em {

/// Returns centres (K, d).
std::vector<double> restricted_centres(const rows::Data& rows, Index n_components, const Summary& summary,
                                       random::Generator& generator);

}  // namespace gaussmix::em
