/// Components that begin equal stay equal, because EM always gives them the same responsibilities: they are reported.
#pragma once

#include <vector>

#include "gaussmix/event.hpp"
#include "gaussmix/parameters.hpp"

namespace gaussmix::em {

/// Adds an event for each component whose mean and covariance equal those of an earlier one exactly, among components
/// with rows, whose `counts` (K,) are positive.
void tell_identical(const Parameters& parameters, const std::vector<double>& counts, std::vector<Event>& events);

}  // namespace gaussmix::em
