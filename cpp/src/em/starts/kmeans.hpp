/// k-means on a sample, as a start for EM.
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

/// How far a clustering goes: `rough` until Lloyd's iterations settle; `thorough` also with splits and merges and more
/// iterations, as long as they help.
enum class Clustering { rough, thorough };

/// Returns centres (K, d) in the units of the data, found from k-means++ seeds. `prunes`: whether pairs that change
/// nothing may be skipped.
std::vector<double> kmeans(Sample sample, Index n_components, const Summary& summary, Clustering clustering,
                           bool prunes, random::Generator& generator, const rows::Context& context);

}  // namespace gaussmix::em
