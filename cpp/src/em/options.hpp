/// The checks of options that every fit begins with.
#pragma once

#include "gaussmix/options.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument), naming the option, what it was and what it must be.
void check(const Options& options);

}  // namespace gaussmix::em
