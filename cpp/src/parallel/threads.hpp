/// How many threads to use, and which runtime runs them.
#pragma once

#include <string>

#include "gaussmix/matrix_view.hpp"

namespace gaussmix::parallel {

/// More are refused: each would take memory, and no machine has that many CPUs.
inline constexpr int most_threads = 4096;

/// Returns the number of threads to use if at most `useful` of them have work: `requested` if positive; else what was
/// set for the OpenMP runtime of this thread (omp_set_num_threads, threadpoolctl), else OMP_NUM_THREADS, else the CPUs
/// this process may use (limits.hpp). If `useful` is 1, asks none of them: that takes longer than scoring a row. Throws
/// Error(invalid_argument) if `requested` is negative or more than 4096.
int resolve_threads(int requested, Index useful = most_threads);

/// Returns "libgomp, OpenMP 201511" or the like; empty if the core starts threads of its own.
std::string openmp_runtime();

}  // namespace gaussmix::parallel
