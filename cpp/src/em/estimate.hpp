/// What the M-steps of EM and of variational Bayes share.
#pragma once

#include "families/family.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument) unless an M-step of the family with this ridge can be made of the moments.
void check(const Moments& moments, Covariance family, const Ridge& ridge);

/// Means and covariances from moments, by the counts and divisors of the step; weights are left empty.
Parameters estimate(const Moments& moments, Covariance family, const std::vector<double>& ridge, families::MStep& step);

}  // namespace gaussmix::em
