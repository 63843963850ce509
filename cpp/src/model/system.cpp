#include "gaussmix/system.hpp"

#include "cpu/dispatch.hpp"
#include "parallel/threads.hpp"

namespace gaussmix {

namespace containers {

// The symbol that containers.hpp refers to, named after the layout that this library is built with.
#if defined(_GLIBCXX_DEBUG)
const char as_with_GLIBCXX_DEBUG = 0;
#elif defined(__GNUC__)
const char as_without_GLIBCXX_DEBUG = 0;
#endif

}  // namespace containers

std::string version() { return GAUSSMIX_VERSION; }

SystemInfo system_info() {
    SystemInfo info;
    info.version = version();
    info.instruction_set = cpu::table().name;
    for (const kernels::Table* table : cpu::available()) info.instruction_sets.emplace_back(table->name);
    info.n_threads = parallel::resolve_threads(0);
    info.openmp = parallel::openmp_runtime();
    return info;
}

}  // namespace gaussmix
