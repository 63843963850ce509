/// What had to be done so that a fit could go on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gaussmix/containers.hpp"
#include "gaussmix/export.h"
#include "gaussmix/matrix_view.hpp"

namespace gaussmix {

/// What had to be done so that a fit could go on.
enum class Act : std::uint8_t {
    jitter,  ///< the covariance was not positive definite, or was so only by rounding; its diagonal was raised
    floor,   ///< in some direction the ridge exceeds the variance of the rows: it alone keeps the component open
    reseed,  ///< the component began without rows and was given half of another one
    prune,   ///< the component lost all its rows, or began without any and none could be halved; its weight stays zero
    identical,  ///< the component began as a copy of another one; EM cannot separate them
    constant,   ///< the feature of that number is constant: the volume of the background leaves it out
    apart,      ///< no row has the feature of that number and some other: no row tells how the two correlate
};

/// Returns "jitter", "floor", "reseed", "prune", "identical", "constant" or "apart".
GAUSSMIX_EXPORT std::string_view name(Act act) noexcept;

/// Returns the act of that name. Throws Error(invalid_argument), listing the valid names.
GAUSSMIX_EXPORT Act act_from_name(std::string_view name);

/// One such act, recorded once per component (or feature), when it first happened.
struct Event {
    Index iteration = 0;  ///< counted from 1; 0: while starting
    Index component = 0;  ///< counted from 0; for Act::constant and Act::apart the feature
    Act act = Act::jitter;
};

/// Returns what happened and what can be done about it, in one sentence.
GAUSSMIX_EXPORT std::string describe(const Event& event);

}  // namespace gaussmix
