/// Mixtures of one feature: their distribution function, and its inverse.
#pragma once

#include <vector>

#include "gaussmix/index.hpp"

namespace gaussmix::model {

/// A mixture of Gaussians on a line; weights are not negative and have a positive sum.
struct Univariate {
    const double* weights;     ///< (K,)
    const double* means;       ///< (K,)
    const double* deviations;  ///< (K,)
    Index n_components;
};

/// Returns P(x <= at). Small ones keep their digits.
double below(const Univariate& mixture, double at) noexcept;

/// Returns the number that x is below with probability p. Infinite for p = 0 and p = 1.
double quantile(const Univariate& mixture, double p) noexcept;

/// Throws Error(invalid_argument) unless all lie in 0 ... 1.
void check_probabilities(const std::vector<double>& p);

}  // namespace gaussmix::model
