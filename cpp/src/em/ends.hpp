/// Which of the ends of a fit are the same.
#pragma once

#include <vector>

#include "gaussmix/end.hpp"

namespace gaussmix::em {

/// Moves log-likelihoods by a constant.
void shift(std::vector<End>& ends, double by);

/// Returns the distinct ends, highest first and collapsed ones last. Those less than `tol` below the highest of their
/// kind count as the same: a run stops when it can gain no more than that.
std::vector<End> distinct(std::vector<End> ends, double tol);

}  // namespace gaussmix::em
