/// Which kernel table this process uses.
#pragma once

#include <string_view>
#include <vector>

#include "kernels/table.hpp"

namespace gaussmix::cpu {

/// Tables that are compiled in and that this CPU can run, most basic first.
const std::vector<const kernels::Table*>& available();

/// The best available table, or the one that the environment variable GAUSSMIX_ISA names.
/// Throws Error(invalid_argument) when that one is unknown or the CPU lacks it.
const kernels::Table& table();

}  // namespace gaussmix::cpu
