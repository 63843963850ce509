/// Whether a loop is worth waking threads for.
#pragma once

#include "tuning/tuning.hpp"

namespace gaussmix::parallel {

/// Returns the threads for a loop of this many floating-point operations in all.
constexpr int team(double flops, int n_threads) noexcept { return flops > tuning::least_flops ? n_threads : 1; }

}  // namespace gaussmix::parallel
