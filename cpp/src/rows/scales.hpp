/// The scale of each feature, where something must be relative to it.
#pragma once

#include <vector>

#include "gaussmix/summary.hpp"

namespace gaussmix::rows {

/// The variances of the features, (d,), all positive: a constant feature has no scale of its own and takes that of the
/// others, their mean, or 1.
std::vector<double> scales_of(const Summary& summary);

}  // namespace gaussmix::rows
