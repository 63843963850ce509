/// How the rows of a fit scatter, about their mean and about the means of rough clusters: the defaults of a prior are
/// relative to it.
#pragma once

#include <vector>

#include "em/pass/pass.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// Returns the covariance of the rows, (d, d).
std::vector<double> covariance_of(const rows::Data& rows, const Summary& summary);

/// Returns the covariance of the rows about the means of n_components clusters, divided by the rows' weight: (d, d) for
/// families of matrices, else its diagonal (d,). The clusters come from k-means with a fixed seed, so that a prior
/// depends on the data alone.
std::vector<double> covariance_within(const rows::Data& rows, const Summary& summary, const Options& options);

}  // namespace gaussmix::em
