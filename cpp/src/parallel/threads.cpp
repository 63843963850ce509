#include "parallel/threads.hpp"

#include <algorithm>
#include <cstdlib>

#if defined(_OPENMP)
#include <omp.h>
#endif

#include "parallel/limits.hpp"
#include "text/format.hpp"
#include "text/invalid.hpp"

namespace gaussmix::parallel {
namespace {

/// Returns the first number of OMP_NUM_THREADS, which may be a list; 0 if it is unset or not a positive number.
int asked_by_environment() {
    const char* wanted = std::getenv("OMP_NUM_THREADS");
    return wanted == nullptr ? 0
                             : static_cast<int>(std::clamp(std::strtol(wanted, nullptr, 10), 0L, long{most_threads}));
}

#if defined(_OPENMP)
const int openmp_began_with = omp_get_max_threads();
#endif

/// Returns the number of threads that the program has set for the OpenMP runtime of this thread since it was loaded
/// (omp_set_num_threads, threadpoolctl); 0 if none.
int asked_by_program() {
#if defined(_OPENMP)
    const int now = omp_get_max_threads();
    return now != openmp_began_with ? now : 0;
#else
    return 0;
#endif
}

}  // namespace

int resolve_threads(int requested, Index useful) {
    if (requested < 0 || requested > most_threads) {
        text::invalid("n_threads={} must be positive and at most {}, or 0 for the CPUs of this process", requested,
                      most_threads);
    }
    if (useful <= 1) return 1;
    if (requested > 0) return requested;
    if (const int asked = asked_by_program(); asked > 0) return std::min(asked, most_threads);
    if (const int asked = asked_by_environment(); asked > 0) return asked;
    return allowed_cpus();
}

std::string openmp_runtime() {
#if defined(_OPENMP)
#if defined(__clang__)
    const char* runtime = "libomp";
#elif defined(__GNUC__)
    const char* runtime = "libgomp";
#else
    const char* runtime = "unknown runtime";
#endif
    return text::format("{}, OpenMP {}", runtime, _OPENMP);
#else
    return {};
#endif
}

}  // namespace gaussmix::parallel
