/// How a fit ended.
#pragma once

#include <cstdint>
#include <string_view>

#include "gaussmix/containers.hpp"
#include "gaussmix/export.h"

namespace gaussmix {

/// How a run ended.
enum class Status : std::uint8_t {
    running,      ///< not yet
    converged,    ///< at rest: less than tol can be gained, and nothing that matters was lost
    max_iter,     ///< max_iter iterations were done first
    stalled,      ///< at rest, but lower than before: the ridge or a mended component keeps the likelihood down
    interrupted,  ///< an observer asked to stop
    given,        ///< not fitted: the parameters were given
};

/// Returns "running", "converged", ...
GAUSSMIX_EXPORT std::string_view name(Status status) noexcept;

/// Returns the status of that name. Throws Error(invalid_argument), listing the valid names.
GAUSSMIX_EXPORT Status status_from_name(std::string_view name);

}  // namespace gaussmix
