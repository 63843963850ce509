#include "cpu/dispatch.hpp"

#include <cstdlib>
#include <string>

#include "gaussmix/error.hpp"
#include "instruction_sets.hpp"

namespace gaussmix::kernels {

#define GAUSSMIX_DECLARE_TABLE(isa) extern const Table isa##_table;
GAUSSMIX_FOR_EACH_ISA(GAUSSMIX_DECLARE_TABLE)
#undef GAUSSMIX_DECLARE_TABLE

}  // namespace gaussmix::kernels

namespace gaussmix::cpu {
namespace {

bool runs_here(std::string_view isa) {
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
    if (isa == "avx2") return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (isa == "avx512") {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
    }
#endif
    return isa == "baseline" || isa == "neon";
}

const kernels::Table& find(std::string_view wanted, const char* asked_by) {
    for (const kernels::Table* table : available()) {
        if (wanted == table->name) return *table;
    }
    std::string names;
    for (const kernels::Table* table : available()) {
        names += names.empty() ? table->name : std::string(", ") + table->name;
    }
    throw Error(Errc::invalid_argument, asked_by + std::string(wanted) +
                                            " is not an instruction set of this build and CPU: use one of " + names +
                                            " or leave it unset");
}

}  // namespace

const std::vector<const kernels::Table*>& available() {
    static const std::vector<const kernels::Table*> tables = [] {
        std::vector<const kernels::Table*> found;
#define GAUSSMIX_ADD_TABLE(isa) \
    if (runs_here(#isa)) found.push_back(&kernels::isa##_table);
        GAUSSMIX_FOR_EACH_ISA(GAUSSMIX_ADD_TABLE)
#undef GAUSSMIX_ADD_TABLE
        return found;
    }();
    return tables;
}

const kernels::Table& table(std::string_view name) {
    if (!name.empty()) return find(name, "instruction_set=");
    static const char* const wanted = std::getenv("GAUSSMIX_ISA");
    if (wanted != nullptr && *wanted != '\0') return find(wanted, "GAUSSMIX_ISA=");
    return *available().back();
}

}  // namespace gaussmix::cpu
