/// Distances in coordinates that all components share: n d^2 + 2 n K d operations instead of n K d^2 / 2.
#pragma once

#include "families/family.hpp"

namespace gaussmix::families {

/// If the family's components share an orientation (EVE, VVE) or all but their volumes (VEE), lets a scorer prepared
/// from the parameters turn rows once for all components. Leaves it as it is where that would lose digits: where the
/// mean or the spread of a component is large beside its least deviation.
void turn(const Parameters& parameters, const rows::Context& context, ScorerNumbers& scorer);

}  // namespace gaussmix::families
