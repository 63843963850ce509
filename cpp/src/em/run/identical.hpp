/// Components that begin alike stay alike: EM gives them the same responsibilities for ever. They are told of.
#pragma once

#include <vector>

#include "gaussmix/event.hpp"
#include "gaussmix/parameters.hpp"

namespace gaussmix::em {

/// Adds an event for each component with a mean and a covariance that an earlier one has, to the last bit; of those
/// with rows, whose `counts` (K,) are positive.
void tell_identical(const Parameters& parameters, const std::vector<double>& counts, std::vector<Event>& events);

}  // namespace gaussmix::em
