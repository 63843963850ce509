/// The parameters of a mixture: weights, means and covariances of one covariance family.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "gaussmix/containers.hpp"
#include "gaussmix/export.h"
#include "gaussmix/matrix_view.hpp"
#include "gaussmix/noise.hpp"

namespace gaussmix {

/// The covariance families, with the shape of `Parameters::covariances` in each.
enum class CovarianceType : std::uint8_t {
    full,       ///< (K, d, d): each component its own matrix
    tied,       ///< (d, d): one matrix shared by all components
    diag,       ///< (K, d): each component its own variances
    spherical,  ///< (K,): each component one variance
    // By mclust's codes: volume, shape and orientation are equal (E) or variable (V), or there is none (I).
    eii,  ///< (K,): one variance
    eei,  ///< (K, d): variances of the features, the same in all components
    vei,  ///< (K, d): in the same proportions in all components
    evi,  ///< (K, d): with the same product in all components
    vee,  ///< (K, d, d): matrices in the same proportions
    eve,  ///< (K, d, d): with the same axes and determinants
    vve,  ///< (K, d, d): with the same axes
    eev,  ///< (K, d, d): with the same eigenvalues
    vev,  ///< (K, d, d): with eigenvalues in the same proportions
    evv,  ///< (K, d, d): with the same determinant
};

/// Returns "full", "tied", "diag", "spherical", "EII", ...; "unknown" for a number that is no family.
GAUSSMIX_EXPORT std::string_view name(CovarianceType family) noexcept;

/// Returns the family of that name, or of mclust's code in any case: "VVV", "EEE", "VVI" and "VII" are the first four.
/// Throws Error(invalid_argument), listing the valid names.
GAUSSMIX_EXPORT CovarianceType covariance_type_from_name(std::string_view name);

/// Returns the shape of `Parameters::covariances`.
GAUSSMIX_EXPORT std::vector<Index> covariances_shape(CovarianceType family, Index n_components, Index n_features);

/// theta = (weights, means, covariances) of a mixture of K Gaussians in d dimensions, and perhaps a background.
/// Row-major.
struct Parameters {
    CovarianceType covariance_type = CovarianceType::full;
    Index n_components = 0;
    Index n_features = 0;
    std::vector<double> weights;      ///< (K,), non-negative; sums to 1, with that of the background
    std::vector<double> means;        ///< (K, d)
    std::vector<double> covariances;  ///< the shape of the family, symmetric positive definite
    std::optional<Noise> noise = {};  ///< a uniform background
};

/// Returns the number of free parameters, as BIC and AIC count them: two for a background, its weight and its volume.
GAUSSMIX_EXPORT Index n_parameters(const Parameters& parameters);

/// Throws Error(invalid_argument) unless sizes agree, all numbers are finite, the weights are non-negative and, with
/// that of a background, sum to 1 (within 1e-6), and every covariance is symmetric up to rounding. Throws
/// Error(degenerate), naming the component, unless every covariance is positive definite.
GAUSSMIX_EXPORT void validate(const Parameters& parameters);

/// Returns the parameters with covariances that are exactly symmetric. Two numbers that should be equal and differ by
/// at most 1e-5 sqrt(Sigma_ii Sigma_jj), as sums in single precision do, are both replaced by their mean; every
/// function that takes parameters does so. Throws Error(invalid_argument) as `validate` does, and for larger
/// differences, naming the component, both numbers and the remedy.
GAUSSMIX_EXPORT Parameters symmetrised(Parameters parameters);

}  // namespace gaussmix
