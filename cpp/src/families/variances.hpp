/// What the families without correlations (diag, spherical) share.
#pragma once

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

}  // namespace gaussmix::families
