/// What the machine can do at most, for each instruction set: the roof that kernels are held against.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gaussmix::bench {

struct Peak {
    const char* isa;
    /// Runs `rounds` of independent multiply-adds in registers; the flops done are `flops_per_round` each.
    double (*multiply_add_f64)(std::int64_t rounds) noexcept;
    double (*multiply_add_f32)(std::int64_t rounds) noexcept;
    std::int64_t flops_per_round_f64;
    std::int64_t flops_per_round_f32;
    /// Adds up n numbers, n a multiple of 64, with the widest loads there are.
    double (*read)(const double* data, std::int64_t n) noexcept;
};

}  // namespace gaussmix::bench
