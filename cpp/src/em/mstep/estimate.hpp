/// M-steps that write over the parameters and the scorer of the iteration before, whose memory they use again; and what
/// EM's shares with that of variational Bayes.
#pragma once

#include "families/family.hpp"
#include "gaussmix/run.hpp"
#include "rows/context.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument) unless the ridge is one for so many features.
void check(const Ridge& ridge, Index n_features);

/// Throws Error(invalid_argument) unless an M-step of the family with this ridge can be made of the moments.
void check(const Moments& moments, Covariance family, const Ridge& ridge);

/// Means and covariances from moments, by the counts and divisors of the step; weights are left alone.
void estimate(const Moments& moments, Covariance family, const std::vector<double>& ridge, families::MStep& step,
              const rows::Context& context, Parameters& parameters);

/// The public `update`.
void update(const Moments& moments, Covariance family, const Ridge& ridge, const std::optional<Prior>& prior,
            Index iteration, std::vector<Event>& events, const rows::Context& context, Parameters& parameters);

/// The public `prepare`. Returns tr(Sigma_k^-1 ridge) of each component.
std::vector<double> prepare(Parameters& parameters, const Ridge& ridge, Index iteration, std::vector<Event>& events,
                            const rows::Context& context, ScorerNumbers& scorer);

}  // namespace gaussmix::em
