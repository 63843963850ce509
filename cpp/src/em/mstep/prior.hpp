/// The conjugate prior as rows that were never seen: it adds to the moments what a few rows of its own would.
#pragma once

#include <string>
#include <vector>

#include "families/family.hpp"
#include "gaussmix/run.hpp"
#include "rows/context.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument), naming it, unless a count of a prior's rows is more than `least`, which `words`
/// tell, and no more than sums with it can bear.
void check_prior_rows(const char* what, double rows, double least, const std::string& words);

/// Throws Error(invalid_argument) unless what there is of a prior suits such mixtures in so many features.
void check(const Prior& prior, const Options& options, Index n_features);

/// The same, and that it leaves nothing to be taken from the data.
void check_complete(const Prior& prior, const Options& options, Index n_features);

/// As `check`, and that a covariance is positive definite.
void check_given(const Prior& prior, const Options& options, Index n_features);

/// A mixture of one component with this covariance: what the families know how to check.
Parameters with_covariance(const std::vector<double>& covariance, Covariance family, Index n_features);

/// What a prior adds for each component to the scatter, in multiples of its covariance, and to what scatters are
/// divided by. Where covariances have something in common, each component has its part.
struct PriorShare {
    double covariance = 1;
    double divisor = 0;
};

/// The share in estimates by maximum a posteriori.
PriorShare posterior_mode(const Prior& prior, const families::Family& family, Index n_components, Index n_features);

/// The share in variational Bayes. The covariance prior of a spherical mixture is that of each feature there: its trace
/// is d times as large.
PriorShare posterior_mean(const Prior& prior, const families::Family& family, Index n_features);

/// The moments with the prior's, and what the M-step divides by, in `step`.
Moments add(const Prior& prior, const PriorShare& share, const Moments& moments, families::MStep& step);

/// The logarithm of the prior density of a mixture, up to a constant.
double log_density(const Prior& prior, const families::Family& family, const ScorerNumbers& scorer,
                   const rows::Context& context);

/// tr(Sigma_k^-1 S) of a matrix as `whitening::Form::trace_of` has it.
inline double trace_of(const ScorerNumbers& scorer, Index k, const std::vector<double>& matrix,
                       const rows::Context& context) {
    return whitening::of(scorer).trace_of(whitening::factor_of(scorer, k), scorer.n_features, matrix, context.table,
                                          context.n_threads, context.poll);
}

}  // namespace gaussmix::em
