/// k-means of a sample, as a start for EM.
#pragma once

#include "em/starts/sample.hpp"

namespace gaussmix::em {

/// A partition of a sample into clusters.
struct Clusters {
    std::vector<double> centres;  ///< (K, d): the means of the clusters
    std::vector<double> weights;  ///< (K,)
    std::vector<double> squares;  ///< (K,): weighted squared distances of the rows to the means, summed
    std::vector<Index> labels;    ///< (rows,)
    double cost = 0;              ///< the rows' weighted squared distances to the centres they were assigned by
};

/// Centres (K, d) in the units of the data: k-means++, Lloyd's iterations, then splits and merges with more of them for
/// as long as they help. `prunes`: whether pairs may be left out that change nothing.
std::vector<double> kmeans(Sample sample, Index n_components, const Summary& summary, bool prunes,
                           random::Generator& generator, const rows::Context& context);

}  // namespace gaussmix::em
