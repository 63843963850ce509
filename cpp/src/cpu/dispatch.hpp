/// Which kernel table this process uses.
#pragma once

#include <string_view>
#include <vector>

#include "kernels/table.hpp"

namespace gaussmix::cpu {

/// Returns the tables that are compiled in and that this CPU can run, most basic first.
const std::vector<const kernels::Table*>& available();

/// Returns the table of that name; for an empty name, the one that the environment variable GAUSSMIX_ISA names, else
/// the best available. Throws Error(invalid_argument) if it is unknown or the CPU lacks it.
const kernels::Table& table(std::string_view name = {});

}  // namespace gaussmix::cpu
