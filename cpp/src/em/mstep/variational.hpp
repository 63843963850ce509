/// Variational Bayes: the posterior from moments, what its E-step expects, and the lower bound. The formulas are those
/// of Bishop (2006), section 10.2, with covariances divided by the degrees of freedom, as scikit-learn has them.
#pragma once

#include "gaussmix/run.hpp"
#include "rows/context.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument) unless options that ask for variational Bayes are usable.
void check_variational(const Options& options);

/// Whether the weights are those of a Dirichlet process.
bool is_process(const Posterior& posterior);

/// The posterior that moments make of the prior; `parameters` gets its means.
Posterior infer(const Moments& moments, const Options& options, const Ridge& ridge, const rows::Context& context,
                Parameters& parameters);

/// Puts the expected logarithms of weights and densities in the place of a scorer's own.
void expect(const Posterior& posterior, Scorer& scorer);

/// The entropy of the responsibilities that moments were taken with, under the scorer that gave them.
double entropy(const Moments& moments, const Scorer& scorer, const rows::Context& context);

/// The lower bound of the log-likelihood less that entropy, up to a constant.
double lower_bound(const Posterior& posterior, const Scorer& scorer);

}  // namespace gaussmix::em
