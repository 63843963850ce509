/// The mixtures at which the restarts and searches of a fit ended.
#pragma once

#include "gaussmix/index.hpp"

namespace gaussmix {

/// One of the distinct ends of the restarts of a fit and of the searches for their starts.
struct End {
    double log_likelihood = 0;  ///< as the last value of `Run::history`
    Index times = 1;            ///< how often a restart or a search ended there
    bool collapsed = false;     ///< whether a component has collapsed: the log-likelihood is then meaningless
};

}  // namespace gaussmix
