/// The checks of moments given by a host.
#pragma once

#include "gaussmix/moments.hpp"

namespace gaussmix::moments {

/// Throws Error(invalid_argument) unless the sizes of the arrays agree with each other, all sums are
/// finite, and the weights of the components are not negative and sum to the total weight, which is positive.
void check(const Moments& moments);

/// Checks the moments of a piece in the same way; it may have no rows of positive weight, and be `Moments{}` if it has
/// no rows at all.
void check_piece(const Moments& moments);

}  // namespace gaussmix::moments
