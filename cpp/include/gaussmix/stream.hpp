/// Moments of rows that keep coming, for stepwise EM (Cappe and Moulines 2009): those that came before fade.
#pragma once

#include <optional>

#include "gaussmix/export.h"
#include "gaussmix/moments.hpp"
#include "gaussmix/options.hpp"
#include "gaussmix/ridge.hpp"

namespace gaussmix {

/// Returns the moments `now` plus `factor` times the moments `before`, which were taken under an earlier mixture. They
/// are about the references of `now`, and count as taken under its mixture. `Run::step` takes them. Throws
/// Error(invalid_argument) unless the shapes agree and the factor is in 0 ... 1.
GAUSSMIX_EXPORT Moments stepwise(const Moments& now, const Moments& before, double factor);

/// Returns moments of this total weight from which `update` would compute these parameters, as nearly as it can: they
/// stand for the rows of a fit. No scorer gave them, and their `n_rows` is 0. A prior must be complete.
GAUSSMIX_EXPORT Moments moments_of(const Parameters& parameters, double total_weight, const Ridge& ridge,
                                   const std::optional<Prior>& prior = {});

}  // namespace gaussmix
