/// What the operating system lets this process have.
#pragma once

#include <istream>
#include <string>

namespace gaussmix::parallel {

/// CPUs: those of the affinity mask, at most as many as the control groups' quota, rounded up; at least 1.
int allowed_cpus();

/// Bytes of memory: what the machine has, swap included, or less where a control group says so; infinite where unknown.
double allowed_memory();

/// The least limit of a process's control group and of all above it; infinite: none. `groups` is what Linux shows in
/// /proc/self/cgroup, `mount` the folder in which it shows the groups, /sys/fs/cgroup; both versions.
double cpu_quota(std::istream&& groups, const std::string& mount);
double memory_limit(std::istream&& groups, const std::string& mount);

}  // namespace gaussmix::parallel
