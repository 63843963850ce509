/// What the families without correlations (diag, spherical) share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "families/family.hpp"

namespace gaussmix::families {

/// The standard deviation; false unless the variance is positive and finite, and its root and inverse are too.
inline bool deviation(double variance, double& out) noexcept {
    out = std::sqrt(variance);
    return variance > 0 && std::isfinite(variance) && std::isfinite(1 / out);
}

/// Moves the means of the halves of component `from` apart along a feature of this variance; returns the step, by whose
/// square the variance within each half is smaller (see `halve_means` in matrix.hpp).
inline double halve_means(Parameters& parameters, double variance, Index from, Index to, Index feature) {
    const Index d = parameters.n_features;
    const double step = half_mean * std::sqrt(variance);
    double* mean = parameters.means.data() + from * d;
    std::copy_n(mean, d, parameters.means.data() + to * d);
    mean[feature] -= step;
    parameters.means[static_cast<std::size_t>(to * d + feature)] += step;
    return step;
}

}  // namespace gaussmix::families
