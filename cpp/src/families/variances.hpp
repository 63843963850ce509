/// What the families without correlations (diag, spherical) share.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "families/family.hpp"

namespace gaussmix::families {

/// The biased variance of feature j in component k: S_kj / N_k - delta_kj^2, at least zero.
inline double component_variance(const Moments& moments, const std::vector<double>& shift, Index k, Index j) {
    const auto at = static_cast<std::size_t>(k * moments.n_features + j);
    const double variance = moments.scatter[at] / moments.weights[static_cast<std::size_t>(k)] - shift[at] * shift[at];
    return variance > 0 ? variance : 0;
}

/// The standard deviation; false unless the variance is positive and finite, and its root and inverse are too.
inline bool deviation(double variance, double& out) noexcept {
    out = std::sqrt(variance);
    return variance > 0 && std::isfinite(variance) && std::isfinite(1 / out);
}

}  // namespace gaussmix::families
