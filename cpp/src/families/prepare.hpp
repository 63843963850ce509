/// From parameters to what passes over rows need: scorers, and square roots for sampling.
#pragma once

#include <functional>
#include <vector>

#include "families/family.hpp"
#include "rows/context.hpp"

namespace gaussmix::families {

/// Called with a covariance that has no square root, again and again until it has one; the function may throw instead.
using Mend = std::function<void(Parameters& parameters, Index k)>;

/// The least eigenvalue of a correlation matrix that cannot come from rounding alone.
double least_sure_eigenvalue(Index n_features) noexcept;

/// Factors the covariances; one whose correlations may have an eigenvalue below `least` counts as having no square
/// root. Overwrites the scorer, whose memory is reused.
void prepare(Parameters& parameters, const rows::Context& context, const Mend& mend, ScorerNumbers& scorer,
             double least = 0);

/// Returns the square roots of all covariances, one after another, as `Family::root` writes them. Throws
/// Error(degenerate).
std::vector<double> roots(const Parameters& parameters, const rows::Context& context);

/// Throws Error(degenerate), naming the covariance.
[[noreturn]] void refuse(const Parameters& parameters, Index k);

}  // namespace gaussmix::families
