#include "cpu/dispatch.hpp"

#include <cstdlib>
#include <string>

#include "instruction_sets.hpp"
#include "text/invalid.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace gaussmix::kernels {

#define GAUSSMIX_DECLARE_TABLE(isa) extern const Table isa##_table;
GAUSSMIX_FOR_EACH_ISA(GAUSSMIX_DECLARE_TABLE)
#undef GAUSSMIX_DECLARE_TABLE

}  // namespace gaussmix::kernels

namespace gaussmix::cpu {
namespace {

#if defined(__x86_64__)
constexpr bool has(unsigned bits, int bit) noexcept { return (bits >> bit & 1U) != 0; }

/// Returns whether the CPU has the vectors of the instruction set, and the system saves their registers when it
/// switches threads (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, 14.3 and 15.2-15.4). The
/// compiler's __builtin_cpu_supports does the same, but needs a symbol of its runtime library that not every linker
/// finds.
bool has_vectors(bool of_512_bits) noexcept {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) return false;
    constexpr int fma = 12, osxsave = 27;
    if (!has(ecx, fma) || !has(ecx, osxsave)) return false;
    unsigned saved = 0, rest = 0;
    __asm__("xgetbv" : "=a"(saved), "=d"(rest) : "c"(0));
    constexpr unsigned of_256 = 0x6, of_512 = 0xE6;
    const unsigned needed = of_512_bits ? of_512 : of_256;
    if ((saved & needed) != needed || __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
    constexpr int avx2 = 5, avx512f = 16, avx512dq = 17, avx512vl = 31;
    if (!of_512_bits) return has(ebx, avx2);
    return has(ebx, avx512f) && has(ebx, avx512dq) && has(ebx, avx512vl);
}
#endif

bool runs_here(std::string_view isa) {
#if defined(__x86_64__)
    if (isa == "avx2") return has_vectors(false);
    if (isa == "avx512") return has_vectors(true);
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
    text::invalid("{}{} is not an instruction set of this build and CPU: use one of {} or leave it unset", asked_by,
                  wanted, names);
}

}  // namespace

const std::vector<const kernels::Table*>& available() {
    // Never destroyed: threads may still be fitting while the process ends.
    static const auto& tables = *[] {
        auto* const found = new std::vector<const kernels::Table*>;
#define GAUSSMIX_ADD_TABLE(isa) \
    if (runs_here(#isa)) found->push_back(&kernels::isa##_table);
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
