/// The conjugate prior as pseudo-observations: it adds to the moments what a few rows would add.
#pragma once

#include <string>
#include <vector>

#include "families/family.hpp"
#include "gaussmix/run.hpp"
#include "rows/context.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument), naming `what`, unless a prior's count of rows is more than `least`, which `words`
/// express, and small enough for sums with it.
void check_prior_rows(const char* what, double rows, double least, const std::string& words);

/// Throws Error(invalid_argument) unless the given parts of a prior suit such mixtures with this many features.
void check(const Prior& prior, const Options& options, Index n_features);

/// Checks the same, and that no part is left to be taken from the data.
void check_complete(const Prior& prior, const Options& options, Index n_features);

/// Checks as `check` does, and that a given covariance is positive definite.
void check_given(const Prior& prior, const Options& options, Index n_features);

/// Returns a mixture of one component with this covariance, so that families can check it.
Parameters with_covariance(const std::vector<double>& covariance, CovarianceType family, Index n_features);

/// What a prior adds for each component: to the scatter, in multiples of its covariance, and to the divisor of the
/// scatter. If covariances share something, each component adds its part.
struct PriorShare {
    double covariance = 1;
    double divisor = 0;
};

/// Returns the share in maximum a posteriori estimates.
PriorShare posterior_mode(const Prior& prior, const families::Family& family, Index n_components, Index n_features);

/// Returns the share in variational Bayes. There, the covariance prior of a spherical mixture applies to each feature:
/// its trace is d times as large.
PriorShare posterior_mean(const Prior& prior, const families::Family& family, Index n_features);

/// Returns the moments with those of the prior, and in `step` the divisors of the M-step.
Moments add(const Prior& prior, const PriorShare& share, const Moments& moments, families::MStep& step);

/// Returns the logarithm of the prior density of a mixture, up to a constant.
double log_density(const Prior& prior, const families::Family& family, const ScorerNumbers& scorer,
                   const rows::Context& context);

/// Returns tr(Sigma_k^-1 S) of a matrix as in `whitening::Form::trace_of`.
inline double trace_of(const ScorerNumbers& scorer, Index k, const std::vector<double>& matrix,
                       const rows::Context& context) {
    return whitening::of(scorer).trace_of(whitening::factor_of(scorer, k), scorer.n_features, matrix, context.table,
                                          context.n_threads, context.poll);
}

}  // namespace gaussmix::em
