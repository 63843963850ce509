/// The one body of all kernels: each source in isa/ includes it under its own compiler flags and exports one table.
#pragma once

#include "kernels/density.hpp"
#include "kernels/responsibilities.hpp"
#include "kernels/scatter.hpp"

namespace {

constexpr gaussmix::kernels::Table make_table(const char* name) {
    // Row sums run in eight lanes, row blocks in block_rows: tiles hold whole ones of both.
    constexpr std::int64_t common = block_rows % virtual_width == 0 ? block_rows : block_rows * 2;
    return {name,
            common,
            block_rows,
            log_density_full,
            log_density_diagonal,
            log_density_unit,
            whiten,
            responsibilities,
            assign,
            dot,
            row_sum,
            axpy,
            scatter_full,
            scatter_diagonal,
            first_moment};
}

}  // namespace
