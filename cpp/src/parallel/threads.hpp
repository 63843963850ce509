/// How many threads to use, and what runs them.
#pragma once

#include <string>

#include "gaussmix/matrix_view.hpp"

namespace gaussmix::parallel {

/// More are refused: each would take memory, and no machine has so many CPUs.
inline constexpr int most_threads = 4096;

/// Of `useful` threads, which have something to do; where that is one, nobody is asked: it takes longer than to score a
/// row. Else `requested` if positive; else what the OpenMP runtime of this thread was told since it was loaded
/// (omp_set_num_threads, threadpoolctl), else OMP_NUM_THREADS, else the CPUs this process may use (limits.hpp).
/// Throws Error(invalid_argument) when negative or more than 4096.
int resolve_threads(int requested, Index useful = most_threads);

/// "libgomp, OpenMP 201511" or the like; empty when the core starts threads of its own.
std::string openmp_runtime();

}  // namespace gaussmix::parallel
