/// The repair of components that EM cannot continue with: it is recorded as events, and never an error.
#pragma once

#include <vector>

#include "em/mstep/known.hpp"
#include "families/family.hpp"
#include "gaussmix/event.hpp"
#include "gaussmix/ridge.hpp"
#include "rows/context.hpp"

namespace gaussmix::em {

/// Of the rescue scale: it grows tenfold until the covariance factors.
constexpr double first_jitter = 1e-12;

/// Records an act, unless it was recorded for this component before.
void tell(std::vector<Event>& events, const Event& event);

/// Raises the covariances that had to be mended before by the first jitter: otherwise some would be factored only
/// thanks to rounding, and the likelihood would jump up and fall again.
void keep_mended(Parameters& parameters, const Ridge& ridge, const std::vector<Event>& events);

/// Replaces the components' own covariances by those of the family. If one must be positive definite for this but is
/// not, its diagonal is raised.
void constrain(const families::Constraint& constraint, const Ridge& ridge, Index iteration, std::vector<Event>& events,
               const rows::Context& context, Parameters& parameters);

/// Gives component k, which has no rows, half of the widest component that has rows, if k never had any. If none can be
/// halved, or EM took its rows, its weight stays zero.
void revive(Parameters& parameters, Index k, const Ridge& ridge, Index iteration, std::vector<Event>& events);

/// Returns tr(Sigma_k^-1 ridge) of each component; zero where the covariance is fixed, to which no ridge is added.
std::vector<double> ridge_traces(const ScorerNumbers& scorer, const Ridge& ridge, const Known& known);

}  // namespace gaussmix::em
