/// The conjugate prior as rows that were never seen: it adds to the moments what a few rows of its own would.
#pragma once

#include "families/family.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument) unless what is given of a prior suits mixtures of this family in so many features.
void check(const Prior& prior, Covariance family, Index n_features);

/// The moments with the prior's, and what the M-step divides by, in `step`.
Moments add(const Prior& prior, const Moments& moments, families::MStep& step);

/// The logarithm of the prior density of a mixture, up to a constant.
double log_density(const Prior& prior, const Scorer& scorer);

}  // namespace gaussmix::em
