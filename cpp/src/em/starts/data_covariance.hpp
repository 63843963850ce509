/// How the rows of a fit scatter, which a prior's defaults are relative to: about their mean, and about the means of
/// rough clusters.
#pragma once

#include <vector>

#include "em/pass/pass.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// The covariance of the rows, (d, d).
std::vector<double> covariance_of(const rows::Data& rows, const Summary& summary);

/// The covariance of the rows of n_components clusters about the clusters' means, divided by the rows' weight: (d, d)
/// for families of matrices, else its diagonal (d,). The clusters are those of k-means, always from the same seed: a
/// prior depends on the data alone.
std::vector<double> covariance_within(const rows::Data& rows, const Summary& summary, const Options& options);

}  // namespace gaussmix::em
