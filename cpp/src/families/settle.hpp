/// Parameters from outside, whose covariances need not be of their family.
#pragma once

#include "families/family.hpp"

namespace gaussmix::families {

/// Takes covariances that are not of their family, beyond rounding, to those of it that are nearest, by the mean of the
/// Kullback-Leibler divergences of the components. Leaves alone what is not positive definite.
void settle(Parameters& parameters, const rows::Context& context);

/// How precisely to find the nearest covariances: `about` leaves steps that have no closed form to the iterations that
/// follow.
enum class Nearest { exactly, about };

/// Returns the nearest mixture of another family, as by `settle`; the same mixture if this family is nested in that
/// one. Weights and means stay.
Parameters in_family(const Parameters& parameters, CovarianceType covariance, Nearest nearest,
                     const rows::Context& context);

}  // namespace gaussmix::families
