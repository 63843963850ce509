/// The one body of all kernels: each source in isa/ includes it under its own compiler flags and exports one table.
#pragma once

#include "kernels/bounds.hpp"
#include "kernels/density.hpp"
#include "kernels/likelihood.hpp"
#include "kernels/marginals.hpp"
#include "kernels/pack.hpp"
#include "kernels/regression.hpp"
#include "kernels/responsibilities.hpp"
#include "kernels/rotations.hpp"
#include "kernels/scatter.hpp"
#include "kernels/triangular.hpp"
#include "kernels/weighted_sums.hpp"

namespace {

template <class T>
constexpr gaussmix::kernels::Kernels<T> make_kernels() {
    gaussmix::kernels::Kernels<T> table{};
    table.row_block = row_block<T>;
    table.max_block = block_rows<T>;
    table.pack = pack<T>;
    table.pack_scattered = pack_scattered<T>;
    table.log_density_full = log_density_full<T>;
    table.log_density_diagonal = log_density_diagonal<T>;
    table.log_density_affine = log_density_affine<T>;
    table.log_density_scalar = log_density_scalar<T>;
    table.log_density_unit = log_density_unit<T>;
    table.whiten = whiten<T>;
    table.turn = turn<T>;
    table.responsibilities = responsibilities<T>;
    table.assign = assign<T>;
    table.top = top<T>;
    table.log_sum_exp = log_sum_exp<T>;
    table.log_likelihood = log_likelihood<T>;
    table.label = label<T>;
    table.count = count<T>;
    table.least_best = least_best<T>;
    table.record = record<T>;
    table.scatter_full = scatter_full<T>;
    table.scatter_diagonal = scatter_diagonal<T>;
    table.scatter_trace = scatter_trace<T>;
    table.first_moment = first_moment<T>;
    table.centre = centre<T>;
    table.weighted_sums = weighted_sums<T>;
    table.weighted_sums_of_groups = weighted_sums_of_groups<T>;
    return table;
}

constexpr gaussmix::kernels::Table make_table(const char* name) {
    gaussmix::kernels::Table table{};
    table.name = name;
    table.f64 = make_kernels<double>();
    table.f32 = make_kernels<float>();
    table.screen = screen;
    table.sum = sum;
    table.is_finite = is_finite;
    table.extremes = extremes;
    table.axpy = axpy;
    table.factor_rows = factor_rows;
    table.subtract_strip = subtract_strip;
    table.invert_rows = invert_rows;
    table.multiply_strip = multiply_strip;
    table.factor_components = factor_components;
    table.condition_components = condition_components;
    table.complete_components = complete_components;
    table.average_regressions = average_regressions;
    table.turn_components = turn_components;
    return table;
}

}  // namespace
