/// Parameters from outside, whose covariances need not be of their family.
#pragma once

#include "families/family.hpp"

namespace gaussmix::families {

/// Takes covariances that are not of their family, beyond rounding, to those of it that are nearest, by the mean of the
/// Kullback-Leibler divergences of the components. Leaves alone what is not positive definite.
void settle(Parameters& parameters, const rows::Context& context);

/// The same mixture as one of a family of matrices that has its covariances, each component its own.
Parameters as_matrices(const Parameters& parameters, Covariance family);

}  // namespace gaussmix::families
