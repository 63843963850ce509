/// What missing values add to covariances: their spread given the other values, which is the component's own, not the
/// rows'. A component that has collapsed is kept open by the ridge and by this, ridge / (1 - f) where a part f of its
/// values is missing.
#pragma once

#include <vector>

#include "gaussmix/moments.hpp"
#include "gaussmix/parameters.hpp"
#include "gaussmix/ridge.hpp"
#include "rows/context.hpp"

namespace gaussmix::em {

/// Returns that part of the covariances that an M-step computed from moments, in their shape; empty if no value is
/// missing. `divisors` are those of the covariances, relative to the total weight. A constrained family mixes the
/// components' parts: there it is what the ridge alone would be kept open by.
std::vector<double> unseen_part(const Moments& moments, const std::vector<double>& divisors,
                                const Parameters& parameters, const Ridge& ridge, const rows::Context& context);

/// Subtracts a share of this part from covariance k, as a mixture of one component.
void subtract_unseen(const std::vector<double>& unseen, Index k, double share, Parameters& component);

}  // namespace gaussmix::em
