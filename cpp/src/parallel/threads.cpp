#include "parallel/threads.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

#include "gaussmix/error.hpp"

namespace gaussmix::parallel {
namespace {

constexpr int most_threads = 4096;

int allowed_by_affinity() {
#if defined(__linux__)
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    return static_cast<int>(std::thread::hardware_concurrency());
}

/// The CPU quota of a container, rounded up; 0 when there is none. Both cgroup versions.
int allowed_by_cgroup() {
    const auto cpus = [](double quota, double period) {
        return quota > 0 && period > 0 ? static_cast<int>((quota + period - 1) / period) : 0;
    };
    double quota = 0;
    double period = 0;
    if (std::ifstream v2("/sys/fs/cgroup/cpu.max"); v2 >> quota >> period) return cpus(quota, period);
    std::ifstream quota_file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
    std::ifstream period_file("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    if (quota_file >> quota && period_file >> period) return cpus(quota, period);
    return 0;
}

/// The first number of OMP_NUM_THREADS, which may be a list; 0 when unset or not a positive number.
int asked_by_environment() {
    const char* text = std::getenv("OMP_NUM_THREADS");
    return text == nullptr ? 0 : static_cast<int>(std::clamp(std::strtol(text, nullptr, 10), 0L, long{most_threads}));
}

}  // namespace

int resolve_threads(int requested) {
    if (requested < 0) {
        throw Error(Errc::invalid_argument,
                    "n_threads=" + std::to_string(requested) + " must be positive, or 0 for the CPUs of this process");
    }
    if (requested > 0) return std::min(requested, most_threads);
    if (const int asked = asked_by_environment(); asked > 0) return asked;
    static const int quota = allowed_by_cgroup();
    const int cpus = std::max(1, allowed_by_affinity());
    return quota > 0 ? std::min(cpus, quota) : cpus;
}

}  // namespace gaussmix::parallel
