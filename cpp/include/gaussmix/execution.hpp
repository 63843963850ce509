/// How a call runs, as opposed to what it computes.
#pragma once

#include <functional>
#include <string>

#include "gaussmix/containers.hpp"

namespace gaussmix {

/// Results depend neither on the number of threads, nor on the instruction set among those with fused multiply-add.
struct Execution {
    int n_threads = 0;  ///< up to 4096; 0: OMP_NUM_THREADS, else the CPUs this process may use
    /// "baseline", "avx2", ...: an error if the CPU or the build lacks it. Empty: the one named by the environment
    /// variable GAUSSMIX_ISA, else the best available.
    std::string instruction_set;
    /// Called often, on the calling thread only. If it returns false, the call is abandoned and throws
    /// Error(interrupted).
    std::function<bool()> poll;
};

}  // namespace gaussmix
