/// How a call works, as opposed to what it computes.
#pragma once

#include <functional>
#include <string>

#include "gaussmix/containers.hpp"

namespace gaussmix {

/// Results do not depend on the number of threads, and not on the instruction set among those with fused
/// multiply-add.
struct Execution {
    int n_threads = 0;  ///< up to 4096; 0: OMP_NUM_THREADS, else the CPUs this process may use
    /// "baseline", "avx2", ...: an error where the CPU or the build lacks it. Empty: what the environment variable
    /// GAUSSMIX_ISA says, else the best there is.
    std::string instruction_set;
    /// Asked often, on the calling thread only. Returning false abandons the call: Error(interrupted) is thrown.
    std::function<bool()> poll;
};

}  // namespace gaussmix
