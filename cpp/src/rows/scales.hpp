/// The scale of each feature, to which other numbers are relative.
#pragma once

#include <vector>

#include "gaussmix/summary.hpp"

namespace gaussmix::rows {

/// Returns the variances of the features, (d,), all positive: a constant feature has no scale of its own and takes the
/// mean of the others, or 1.
std::vector<double> scales_of(const Summary& summary);

}  // namespace gaussmix::rows
