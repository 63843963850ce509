/// The way out of the optima in which Lloyd's iterations get stuck, with one centre between two clusters and two
/// centres in a third: merge two clusters, split another (Ueda, Nakano, Ghahramani and Hinton 2000 do so for EM). The
/// likelihood chooses them; distances would cut wide clusters and join narrow ones.
#pragma once

#include "em/starts/kmeans.hpp"

namespace gaussmix::em {

/// Returns the log-likelihood per row of the clusters as spherical Gaussians, each of its own width, up to a constant
/// (Banfield and Raftery 1993). The sample must be in units in which distances can be compared.
double log_likelihood(const Sample& sample, const Clusters& clusters);

/// Returns centres (K, d) after every swap that promises a higher likelihood, the largest gain first, each cluster in
/// at most one swap; empty if there is none.
std::vector<double> split_and_merge(const Sample& sample, const Clusters& clusters, const rows::Context& context);

}  // namespace gaussmix::em
