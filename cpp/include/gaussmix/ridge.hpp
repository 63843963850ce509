/// What keeps covariances positive definite.
#pragma once

#include <vector>

#include "gaussmix/event.hpp"
#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/options.hpp"
#include "gaussmix/scorer.hpp"
#include "gaussmix/summary.hpp"

namespace gaussmix {

/// What an M-step adds to variances: to all of them always, and more to save a covariance that is not positive
/// definite.
struct Ridge {
    std::vector<double> added;   ///< (d,): added to each variance in every M-step
    std::vector<double> rescue;  ///< (d,): positive; the unit of the jitter, and the variances of a pruned component
};

/// Returns the ridge of a fit: absolute if `reg_covar` is set, else relative to the variances of the data; by default
/// none with a prior, which does the same work.
GAUSSMIX_EXPORT Ridge make_ridge(const Options& options, const Summary& summary);

/// Returns the scorer as `prepare(parameters)` does, but raises the diagonal of a covariance that is not positive
/// definite by a growing jitter until it is. Adds an event for that, and one for each component that only the ridge
/// keeps open.
GAUSSMIX_EXPORT Scorer prepare(Parameters& parameters, const Ridge& ridge, Index iteration, std::vector<Event>& events,
                               const Execution& execution = {});

}  // namespace gaussmix
