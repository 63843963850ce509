/// Variational Bayes: the posterior from moments, what its E-step expects, and the lower bound. The formulas are those
/// of Bishop (2006), section 10.2, with covariances divided by the degrees of freedom, as scikit-learn has them.
#pragma once

#include "em/mstep/estimator.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument) unless options that ask for variational Bayes are usable.
void check_variational(const Options& options);

/// Whether the weights are those of a Dirichlet process.
bool is_process(const Posterior& posterior);

/// Puts the expected logarithms of weights and densities in the place of a scorer's own.
void expect(const Posterior& posterior, ScorerNumbers& scorer);

/// The estimator, which goes on from a posterior if there is one.
std::unique_ptr<Estimator> make_variational(const Options& options, const Ridge& ridge,
                                            std::optional<Posterior> posterior);

}  // namespace gaussmix::em
