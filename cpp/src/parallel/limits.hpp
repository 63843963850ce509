/// What the operating system lets this process use.
#pragma once

#include <istream>
#include <string>

namespace gaussmix::parallel {

/// Returns the number of CPUs: those of the affinity mask, but at most the control groups' quota, rounded up; at least
/// 1.
int allowed_cpus();

/// Returns the bytes of memory: those of the machine, including swap, or fewer if a control group says so; infinity if
/// unknown.
double allowed_memory();

/// Returns the least limit of a process's control group and of all groups above it; infinity if there is none. `groups`
/// is the content of /proc/self/cgroup, `mount` the folder that shows the groups, /sys/fs/cgroup, in either version.
double cpu_quota(std::istream&& groups, const std::string& mount);
double memory_limit(std::istream&& groups, const std::string& mount);

}  // namespace gaussmix::parallel
