/// The way out of the optima that Lloyd's iterations get caught in, one centre between two clusters and two centres in
/// a third: merge two clusters, split another (Ueda, Nakano, Ghahramani and Hinton 2000 have it for EM). What to swap
/// is told by the likelihood and not by distances, which would have wide clusters cut and narrow ones joined.
#pragma once

#include "em/starts/kmeans.hpp"

namespace gaussmix::em {

/// The log-likelihood a row of the clusters as spherical Gaussians, each of its own width, up to a constant (Banfield
/// and Raftery 1993). The sample is in units in which distances can be taken as they are.
double log_likelihood(const Sample& sample, const Clusters& clusters);

/// Centres (K, d) after every swap that promises a higher likelihood, the widest gain first, each cluster in one swap
/// at most. Empty when there is none.
std::vector<double> split_and_merge(const Sample& sample, const Clusters& clusters, const rows::Context& context);

}  // namespace gaussmix::em
