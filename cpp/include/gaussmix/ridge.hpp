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

/// What an M-step adds to variances: always, and to save a covariance that is not positive definite.
struct Ridge {
    std::vector<double> added;   ///< (d,): added to each variance in every M-step
    std::vector<double> rescue;  ///< (d,): positive; the unit of the jitter, and the variances of a pruned component
};

/// The ridge of a fit: absolute if `reg_covar` is set, else relative to the variances of the data; none by default
/// under a prior, which does its work.
GAUSSMIX_EXPORT Ridge make_ridge(const Options& options, const Summary& summary);

/// As `prepare(parameters)`, but a covariance that is not positive definite has its diagonal raised by a growing
/// jitter until it is. Adds an event for it, and for each component
/// that the ridge alone holds open.
GAUSSMIX_EXPORT Scorer prepare(Parameters& parameters, const Ridge& ridge, Index iteration, std::vector<Event>& events,
                               const Execution& execution = {});

}  // namespace gaussmix
