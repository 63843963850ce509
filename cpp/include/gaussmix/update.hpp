/// The M-step.
#pragma once

#include <optional>
#include <vector>

#include "gaussmix/event.hpp"
#include "gaussmix/export.h"
#include "gaussmix/moments.hpp"
#include "gaussmix/options.hpp"
#include "gaussmix/ridge.hpp"

namespace gaussmix {

/// Returns the parameters that maximise the expected log-likelihood of moments, plus the logarithm of the prior density
/// if there is a prior, which must be complete. A component without rows is given half of another one at the start (up
/// to iteration 1) if one can be halved, and otherwise the weight zero. Adds an event of `iteration` for it. If the
/// moments are of a mixture with a background, so are the parameters, and `log_volume` is that of its volume.
GAUSSMIX_EXPORT Parameters update(const Moments& moments, CovarianceType family, const Ridge& ridge,
                                  const std::optional<Prior>& prior, Index iteration, std::vector<Event>& events,
                                  double log_volume = 0);

}  // namespace gaussmix
