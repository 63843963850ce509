/// What this build is and what it runs on.
#pragma once

#include <string>
#include <vector>

#include "gaussmix/containers.hpp"
#include "gaussmix/export.h"

namespace gaussmix {

/// The version of the library, "major.minor.patch".
GAUSSMIX_EXPORT std::string version();

struct SystemInfo {
    std::string version;                        ///< of the library, "major.minor.patch"
    std::string instruction_set;                ///< that the kernels of this process use
    std::vector<std::string> instruction_sets;  ///< that this build and CPU could use, most basic first
    int n_threads = 1;                          ///< used by default
    std::string openmp;                         ///< the OpenMP runtime; empty when built without
};

/// Throws Error(invalid_argument) when the environment variable GAUSSMIX_ISA names what cannot be used.
GAUSSMIX_EXPORT SystemInfo system_info();

}  // namespace gaussmix
