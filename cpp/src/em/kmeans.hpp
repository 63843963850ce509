/// k-means on the passes of EM: seeds, and Lloyd's iterations as a pass with hard assignments. Distances are in units
/// of each feature's standard deviation, so that a start does not depend on the units of the data.
#pragma once

#include "em/pass.hpp"
#include "random/random.hpp"

namespace gaussmix::em {

/// A scorer under which a row's log density is minus half its squared scaled distance to each centre (K, d).
Scorer distance_scorer(std::vector<double> centres, Index n_components, const Summary& summary);

/// Greedy k-means++ (Arthur and Vassilvitskii 2007): of 2 + log K candidates drawn by squared distance, each step
/// keeps the one that leaves the least. Returns centres (K, d).
std::vector<double> seed_plusplus(const Rows& rows, Index n_components, const Summary& summary,
                                  random::Generator& generator);

/// K distinct rows, drawn by weight. Returns centres (K, d).
std::vector<double> seed_rows(const Rows& rows, Index n_components, random::Generator& generator);

/// Lloyd's iterations from given centres until one gains little. Returns centres (K, d).
std::vector<double> lloyd(const Rows& rows, std::vector<double> centres, Index n_components, const Summary& summary);

}  // namespace gaussmix::em
