/// How many threads to use, and what runs them.
#pragma once

#include <string>

namespace gaussmix::parallel {

/// `requested` if positive; else what the OpenMP runtime of this thread was told since it was loaded
/// (omp_set_num_threads, threadpoolctl), else OMP_NUM_THREADS, else the CPUs this process may use (limits.hpp).
/// Throws Error(invalid_argument) when negative.
int resolve_threads(int requested);

/// "libgomp, OpenMP 201511" or the like; empty when the core starts threads of its own.
std::string openmp_runtime();

}  // namespace gaussmix::parallel
