/// The repair of components that cannot go on as they are: recorded as events, never an error.
#pragma once

#include <vector>

#include "families/family.hpp"
#include "gaussmix/event.hpp"
#include "gaussmix/ridge.hpp"
#include "rows/context.hpp"

namespace gaussmix::em {

/// Of the rescue scale: it grows tenfold until the covariance factors.
constexpr double first_jitter = 1e-12;

/// Records an act, unless it was recorded for this component before.
void tell(std::vector<Event>& events, const Event& event);

/// Raises the covariances that had to be mended before by the first jitter: otherwise some would factor by lucky
/// rounding, and the likelihood would leap up and fall again.
void keep_mended(Parameters& parameters, const Ridge& ridge, const std::vector<Event>& events);

/// Takes the components' own covariances to those of the family. Where that needs one to be positive definite that is
/// not, it is raised.
void constrain(const families::Constraint& constraint, const Ridge& ridge, Index iteration, std::vector<Event>& events,
               const rows::Context& context, Parameters& parameters);

/// Gives component k, which has no rows, half of the widest component that has, if k never had any. If none can be
/// halved, or EM took its rows, its weight stays zero.
void revive(Parameters& parameters, Index k, const Ridge& ridge, Index iteration, std::vector<Event>& events);

/// Returns tr(Sigma_k^-1 ridge) of each component.
std::vector<double> ridge_traces(const ScorerNumbers& scorer, const Ridge& ridge);

}  // namespace gaussmix::em
