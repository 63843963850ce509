/// The check of moments that a host hands in.
#pragma once

#include "gaussmix/moments.hpp"

namespace gaussmix::moments {

/// Throws Error(invalid_argument) unless the sizes of the arrays agree with each other, all sums are
/// finite, and the weights of the components are not negative and sum to the total weight.
void check(const Moments& moments);

}  // namespace gaussmix::moments
