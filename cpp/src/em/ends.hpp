/// Which of the ends of a fit are the same.
#pragma once

#include <vector>

#include "gaussmix/end.hpp"

namespace gaussmix::em {

/// Moves log-likelihoods by a constant.
void shift(std::vector<End>& ends, double by);

/// Returns the distinct ends, highest first and collapsed ones last. Those less than `tol` below the highest of their
/// kind are the same: no climb goes on for less.
std::vector<End> distinct(std::vector<End> ends, double tol);

}  // namespace gaussmix::em
