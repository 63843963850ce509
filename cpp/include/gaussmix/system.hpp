/// What this build is and what it runs on.
#pragma once

#include <string>
#include <vector>

#include "gaussmix/containers.hpp"
#include "gaussmix/export.h"

namespace gaussmix {

/// Returns the version of the library, "major.minor.patch".
GAUSSMIX_EXPORT std::string version();

struct SystemInfo {
    std::string version;                        ///< of the library, "major.minor.patch"
    std::string instruction_set;                ///< that this process uses
    std::vector<std::string> instruction_sets;  ///< that this build and CPU support, most basic first
    int n_threads = 1;                          ///< used by default
    std::string openmp;                         ///< the OpenMP runtime; empty when built without
};

/// Returns the above for this process. Throws Error(invalid_argument) if the environment variable GAUSSMIX_ISA names an
/// instruction set that cannot be used.
GAUSSMIX_EXPORT SystemInfo system_info();

}  // namespace gaussmix
