/// Where the climbs of a fit ended.
#pragma once

#include "gaussmix/index.hpp"

namespace gaussmix {

/// One of the distinct ends that the restarts of a fit, and the searches for their starts, came to.
struct End {
    double log_likelihood = 0;  ///< as the last value of `Run::history`
    Index times = 1;            ///< how often a restart or a search came to it
    bool collapsed = false;     ///< whether a component has collapsed: the log-likelihood then tells nothing
};

}  // namespace gaussmix
