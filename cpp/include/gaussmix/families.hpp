/// Covariances of any family, for hosts that need not know which family it is.
#pragma once

#include <string_view>
#include <vector>

#include "gaussmix/export.h"
#include "gaussmix/parameters.hpp"

namespace gaussmix {

/// Returns all families, in the order of their values.
GAUSSMIX_EXPORT std::vector<CovarianceType> all_families();

/// Returns mclust's code of a family: "VVV", "EEE", "VVI" and "VII" for the first four, the name itself for the others;
/// empty for a family that mclust lacks.
GAUSSMIX_EXPORT std::string_view mclust_code(CovarianceType family);

/// Returns the one of full, tied, diag and spherical that contains this family and whose covariances have the same
/// shape.
GAUSSMIX_EXPORT CovarianceType plain_family(CovarianceType family);

/// Returns whether all components share one covariance.
GAUSSMIX_EXPORT bool shares_covariance(CovarianceType family);

/// Returns the shape of one covariance: (d, d) for a matrix, (d,) for variances, () for a single variance.
GAUSSMIX_EXPORT std::vector<Index> covariance_shape(CovarianceType family, Index n_features);

/// Returns the variance of each feature in each component, (K, d).
GAUSSMIX_EXPORT std::vector<double> variances(const Parameters& parameters);

/// Returns the covariance matrix of some features in component k, (m, m), for any family. Throws
/// Error(invalid_argument) if there is no such component or feature.
GAUSSMIX_EXPORT std::vector<double> covariance_matrix(const Parameters& parameters, Index k,
                                                      const std::vector<Index>& features);
/// Returns the covariance matrix of all features in component k, (d, d).
GAUSSMIX_EXPORT std::vector<double> covariance_matrix(const Parameters& parameters, Index k);

}  // namespace gaussmix
