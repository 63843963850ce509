/// From parameters to what passes over rows need: the scorer, and square roots for sampling.
#pragma once

#include <functional>
#include <vector>

#include "families/family.hpp"
#include "rows/context.hpp"

namespace gaussmix::families {

/// Called with a covariance that has no square root, until it has one; may throw instead.
using Mend = std::function<void(Parameters& parameters, Index k)>;

/// Factors the covariances.
Scorer prepare(Parameters& parameters, const rows::Context& context, const Mend& mend);

/// Square roots of all covariances, one after another, as `Family::root` has them. Throws Error(degenerate).
std::vector<double> roots(const Parameters& parameters, const rows::Context& context);

/// Throws Error(degenerate), naming the covariance.
[[noreturn]] void refuse(const Parameters& parameters, Index k);

}  // namespace gaussmix::families
