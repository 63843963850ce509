/// Rows of the data as initial centres.
#pragma once

#include "em/pass/pass.hpp"
#include "random/random.hpp"

namespace gaussmix::em {

/// Greedy k-means++ (Arthur and Vassilvitskii 2007): each step draws 2 + log K candidates by squared scaled distance
/// and keeps the one that leaves the least. Returns centres (K, d).
std::vector<double> seed_plusplus(const rows::Data& rows, Index n_components, const Summary& summary,
                                  random::Generator& generator);

/// K distinct rows, drawn by weight. Returns centres (K, d).
std::vector<double> seed_rows(const rows::Data& rows, Index n_components, random::Generator& generator);

}  // namespace gaussmix::em
