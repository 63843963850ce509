/// The check of moments that a host hands in.
#pragma once

#include "gaussmix/moments.hpp"

namespace gaussmix::moments {

/// Throws Error(invalid_argument) unless the sizes of the arrays agree with each other and all sums are finite.
void check(const Moments& moments);

}  // namespace gaussmix::moments
