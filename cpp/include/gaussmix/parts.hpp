/// Mixtures made of mixtures: of some features, given others, of a linear map; several in one; moments of the whole.
///
/// The result is of the same family where every mixture of the family stays in it, else `CovarianceType::full`. With
/// fewer features than before these stay: full, tied, diag, spherical, EII, EEI, VEI and VEE; with all of them in
/// another order all families do. Functions throw Error(invalid_argument) as `validate` does, and where an argument is
/// unusable.
#pragma once

#include <vector>

#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/parameters.hpp"

namespace gaussmix {

/// Returns the distribution of some features, in the order given.
GAUSSMIX_EXPORT Parameters marginal(const Parameters& parameters, const std::vector<Index>& features);

/// Returns the distribution of A x + b, for a matrix A (m, d), row-major, with linearly independent rows, and a vector
/// b (m,). All families stay if A exchanges features, turns signs and scales all alike. If A selects features and
/// scales them apart, full, tied, diag, EEI, VEI and VEE stay, and EVI and EVV if it drops none. Otherwise full, tied
/// and VEE stay, and EVV if A is square.
GAUSSMIX_EXPORT Parameters transform(const Parameters& parameters, const std::vector<double>& matrix,
                                     const std::vector<double>& shift);

/// Returns the mixture of mixtures, all of the same features, whose weights (n,) are not negative and sum to 1. Of the
/// same family if all are full, all diag or all spherical.
GAUSSMIX_EXPORT Parameters mix(const std::vector<Parameters>& mixtures, const std::vector<double>& weights);

/// Returns the mixture in which components i and j are one, with their weight, mean and covariance; it has the number
/// of the lower. Full, unless there is one feature and the family is full, diag or spherical.
GAUSSMIX_EXPORT Parameters merge_components(const Parameters& parameters, Index i, Index j);

/// Returns the place of each of n components among n others, each another one, for which the sum of gains[k * n + place
/// of k] is largest (Kuhn 1955): for gains that say how well two components match.
GAUSSMIX_EXPORT std::vector<Index> assignment(const std::vector<double>& gains, Index n);

/// Returns the mean of the whole, (d,).
GAUSSMIX_EXPORT std::vector<double> mean(const Parameters& parameters);

/// Returns the covariance of the whole, within and between components, (d, d).
GAUSSMIX_EXPORT std::vector<double> covariance(const Parameters& parameters);

/// Writes out[i] = P(x <= x_i) for a mixture of one feature and any numbers but NaN, (n,).
GAUSSMIX_EXPORT void cdf(const Parameters& parameters, const std::vector<double>& x, Output<double> out,
                         const Execution& execution = {});

/// Writes the number that x is below with probability p_i, out[i], for a mixture of one feature and p_i in 0 ... 1,
/// (n,): minus infinity at 0, infinity at 1.
GAUSSMIX_EXPORT void quantiles(const Parameters& parameters, const std::vector<double>& p, Output<double> out,
                               const Execution& execution = {});

}  // namespace gaussmix
