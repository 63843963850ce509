/// What is known of a mixture before it is fitted: parameters that stay, and limits that others keep within.
#pragma once

#include <limits>
#include <vector>

#include "gaussmix/index.hpp"

namespace gaussmix {

/// The components of which a run leaves a parameter as its start has it, bit for bit. The covariance of a component
/// whose mean is fixed is about that mean; free weights share what the fixed ones leave.
struct Fixed {
    std::vector<Index> weights;
    std::vector<Index> means;
    std::vector<Index> covariances;  ///< where components share volume, shape or orientation: all of them, or none
};

/// Limits of parameters. The M-step finds the best parameters within them, so that the likelihood does not fall.
struct Bounds {
    double least_weight = 0;  ///< of each component whose weight is not fixed
    double most_weight = 1;
    /// In each direction, in squared units of the data, of covariances that are not fixed (Ingrassia and Rocci 2007:
    /// limits of eigenvalues). For families whose components do not share parts of a covariance.
    double least_variance = 0;
    double most_variance = std::numeric_limits<double>::infinity();

    /// Returns the same without limits of weights, which are those of one number of components.
    Bounds of_variances() const noexcept { return {0, 1, least_variance, most_variance}; }
};

}  // namespace gaussmix
