/// The one body of all kernels: each source in isa/ includes it under its own compiler flags and exports one table.
#pragma once

#include "kernels/bounds.hpp"
#include "kernels/density.hpp"
#include "kernels/likelihood.hpp"
#include "kernels/pack.hpp"
#include "kernels/responsibilities.hpp"
#include "kernels/scatter.hpp"
#include "kernels/triangular.hpp"
#include "kernels/weighted_sums.hpp"

namespace {

template <class T>
constexpr gaussmix::kernels::Kernels<T> make_kernels() {
    return {row_block<T>,
            block_rows<T>,
            pack<T>,
            pack_scattered<T>,
            log_density_full<T>,
            log_density_diagonal<T>,
            log_density_affine<T>,
            log_density_scalar<T>,
            log_density_unit<T>,
            whiten<T>,
            responsibilities<T>,
            assign<T>,
            top<T>,
            log_sum_exp<T>,
            log_likelihood<T>,
            label<T>,
            count<T>,
            least_best<T>,
            record<T>,
            scatter_full<T>,
            scatter_diagonal<T>,
            scatter_trace<T>,
            first_moment<T>,
            centre<T>,
            weighted_sums<T>};
}

constexpr gaussmix::kernels::Table make_table(const char* name) {
    return {name,
            make_kernels<double>(),
            make_kernels<float>(),
            screen,
            sum,
            is_finite,
            extremes,
            lower,
            axpy,
            factor_rows,
            subtract_strip,
            invert_rows,
            multiply_strip};
}

}  // namespace
