/// Moments of rows that keep coming, for stepwise EM (Cappe and Moulines 2009): those that came before fade.
#pragma once

#include <optional>

#include "gaussmix/export.h"
#include "gaussmix/moments.hpp"
#include "gaussmix/options.hpp"
#include "gaussmix/ridge.hpp"

namespace gaussmix {

/// Returns the moments of `now` and, each row counted `factor` times, of the rows `before`, which were taken under an
/// earlier mixture: about the references of `now`, and as if under its mixture. `Run::step` takes them. Throws
/// Error(invalid_argument) unless the shapes agree and the factor is in 0 ... 1.
GAUSSMIX_EXPORT Moments stepwise(const Moments& now, const Moments& before, double factor);

/// Returns moments of this total weight whose `update` is these parameters, as far as it can give them: what a fit
/// knows of its rows. No scorer gave them, and they are of no rows read. A prior must be complete.
GAUSSMIX_EXPORT Moments moments_of(const Parameters& parameters, double total_weight, const Ridge& ridge,
                                   const std::optional<Prior>& prior = {});

}  // namespace gaussmix
