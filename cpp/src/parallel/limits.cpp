#include "parallel/limits.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#include <sys/sysinfo.h>
#endif

namespace gaussmix::parallel {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr const char* membership = "/proc/self/cgroup";
constexpr const char* mounted = "/sys/fs/cgroup";

/// Returns the first number in a file; infinity if there is none ("max").
double number_in(const std::string& path) {
    double value = 0;
    return std::ifstream(path) >> value ? value : infinite;
}

/// Returns how many CPUs a group may use on average.
double quota_of(const std::string& folder, bool first_version) {
    double quota = infinite;
    double period = 0;
    if (first_version) {
        quota = number_in(folder + "/cpu.cfs_quota_us");
        period = number_in(folder + "/cpu.cfs_period_us");
    } else {
        std::ifstream both(folder + "/cpu.max");
        if (!(both >> quota >> period)) return infinite;
    }
    return quota > 0 && period > 0 && std::isfinite(period) ? quota / period : infinite;
}

double memory_of(const std::string& folder, bool first_version) {
    return number_in(folder + (first_version ? "/memory.limit_in_bytes" : "/memory.max"));
}

/// Returns the least `limit` of the groups that control `controller` and of all groups above them. A line of `groups`
/// reads "number:controllers:/path"; version 2 has one line, without controllers.
template <class Limit>
double least_limit(std::istream& groups, const std::string& mount, const std::string& controller, Limit limit) {
    double least = infinite;
    for (std::string line; std::getline(groups, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        const bool first_version = controllers != ",,";
        if (first_version && controllers.find("," + controller + ",") == std::string::npos) continue;
        const std::string root = first_version ? mount + "/" + controller : mount;
        for (std::string path = line.substr(second + 1);; path.erase(path.rfind('/'))) {
            least = std::min(least, limit(root + path, first_version));
            if (path.find('/') == std::string::npos) break;
        }
    }
    return least;
}

int cpus_of_affinity() {
#if defined(__linux__)
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    return static_cast<int>(std::thread::hardware_concurrency());
}

}  // namespace

double cpu_quota(std::istream&& groups, const std::string& mount) {
    return least_limit(groups, mount, "cpu", quota_of);
}

double memory_limit(std::istream&& groups, const std::string& mount) {
    return least_limit(groups, mount, "memory", memory_of);
}

int allowed_cpus() {
    static const double quota = std::ceil(cpu_quota(std::ifstream(membership), mounted));
    return static_cast<int>(std::max(1.0, std::min<double>(cpus_of_affinity(), quota)));
}

double allowed_memory() {
#if defined(__linux__)
    struct sysinfo machine{};
    if (sysinfo(&machine) != 0) return infinite;
    const auto unit = static_cast<double>(machine.mem_unit);
    const double swap = static_cast<double>(machine.totalswap) * unit;
    const double limit = memory_limit(std::ifstream(membership), mounted);
    return std::min(static_cast<double>(machine.totalram) * unit, limit) + swap;
#else
    return infinite;
#endif
}

}  // namespace gaussmix::parallel
