/// Priors, for maximum a posteriori estimates and variational Bayes.
#pragma once

#include <optional>
#include <vector>

#include "gaussmix/containers.hpp"
#include "gaussmix/export.h"
#include "gaussmix/matrix_view.hpp"

namespace gaussmix {

struct Options;
struct Summary;

/// The conjugate prior of each component's mean and covariance (Fraley and Raftery 2007, section 2):
///   mu | Sigma ~ N(mean, Sigma / mean_precision), Sigma ~ inverse Wishart(degrees_of_freedom, covariance)
/// for full and tied; for diag and spherical each variance ~ inverse gamma(degrees_of_freedom / 2, covariance / 2).
/// Whatever is left empty is taken from the data: see `complete`.
struct Prior {
    std::vector<double> mean;                  ///< (d,)
    double mean_precision = 0.01;              ///< positive: the number of rows that the prior mean counts for
    std::optional<double> degrees_of_freedom;  ///< above d - 1; above 0 for diag and spherical unless variational
    std::vector<double> covariance;            ///< (d, d) for full and tied, (d,) for diag, (1,) for spherical
};

/// The prior of the weights in variational Bayes.
struct WeightPrior {
    /// True: a Dirichlet process, truncated after K sticks (Blei and Jordan 2006). False: a Dirichlet distribution.
    bool process = true;
    std::optional<double> concentration;  ///< positive; the smaller, the fewer components keep weight; unset: 1 / K
};

/// Returns the prior, with whatever it leaves empty taken from the data. The mean is that of the data. Degrees of
/// freedom and covariance are those of Fraley and Raftery (2007, section 2.1) if the weight of the data is at least 12
/// K d rows, our own if it is at most 10 K d, and a mean of both in between. Theirs are d + 2 and, divided by K^(2/d),
/// the covariance of the data, (d, d), for full and tied, or the mean variance for diag and spherical. Ours are d + 2
/// (3 for diag) and the covariance within clusters, (d, d) for full and tied, else (d,), with its correlations shrunk,
/// times the divisor of a component without rows; if `within` is empty, the covariance of the data over K^(2/d) takes
/// its place. Throws Error(invalid_argument), naming what does not fit.
GAUSSMIX_EXPORT Prior complete(Prior prior, const Options& options, const Summary& summary,
                               const std::vector<double>& covariance = {}, const std::vector<double>& within = {});

}  // namespace gaussmix
