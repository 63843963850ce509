/// M-steps that overwrite the parameters and the scorer of the iteration before, reusing their memory, and what the
/// M-steps of EM and of variational Bayes share.
#pragma once

#include "em/mstep/known.hpp"
#include "families/family.hpp"
#include "gaussmix/run.hpp"
#include "rows/context.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument) unless the ridge is one for n_features features.
void check(const Ridge& ridge, Index n_features);

/// Throws Error(invalid_argument) unless the family's M-step with this ridge can use the moments.
void check(const Moments& moments, CovarianceType family, const Ridge& ridge);

/// Computes means and covariances from moments, with the counts and divisors of the step; leaves weights alone, and
/// fixed means, about which the moments must be.
void estimate(const Moments& moments, CovarianceType family, const std::vector<double>& ridge, const Known& known,
              families::MStep& step, const rows::Context& context, Parameters& parameters);

/// Does what the public `update` does; of the background that the parameters have, and with what is known of them.
void update(const Moments& moments, CovarianceType family, const Ridge& ridge, const std::optional<Prior>& prior,
            const Known& known, Index iteration, std::vector<Event>& events, const rows::Context& context,
            Parameters& parameters);

/// Does what the public `prepare` does, and leaves fixed covariances alone. `unseen` is the `unseen_part` of the
/// covariances. Returns tr(Sigma_k^-1 ridge) of each component.
std::vector<double> prepare(Parameters& parameters, const Ridge& ridge, const Known& known,
                            const std::vector<double>& unseen, Index iteration, std::vector<Event>& events,
                            const rows::Context& context, ScorerNumbers& scorer);

}  // namespace gaussmix::em
