/// Variational Bayes: the posterior from moments, the expectations for its E-step, and the lower bound. The formulas
/// are those of Bishop (2006), section 10.2, with covariances divided by the degrees of freedom, as in scikit-learn.
#pragma once

#include "em/mstep/estimator.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument) unless options that ask for variational Bayes are usable.
void check_variational(const Options& options);

/// Returns whether the weights are those of a Dirichlet process.
bool is_process(const Posterior& posterior);

/// Replaces the scorer's logarithms of weights and densities by their expectations.
void expect(const Posterior& posterior, ScorerNumbers& scorer);

/// Returns the estimator, which continues from a posterior if there is one.
std::unique_ptr<Estimator> make_variational(const Options& options, const Ridge& ridge,
                                            std::optional<Posterior> posterior);

}  // namespace gaussmix::em
