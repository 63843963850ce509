#include "linalg/eigen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/layout.hpp"
#include "linalg/rotation.hpp"
#include "parallel/parallel.hpp"

namespace gaussmix::linalg {
namespace {

constexpr int most_sweeps = 60;  // of a matrix; ten are many

/// Returns whether the number off the diagonal is only rounding noise.
bool is_settled(double a, double b, double c) noexcept {
    constexpr double rounding = std::numeric_limits<double>::epsilon();
    if (std::abs(c) > rounding * std::max(std::abs(a), std::abs(b))) return false;
    return std::abs(c) <= rounding * std::sqrt(std::abs(a)) * std::sqrt(std::abs(b)) ||
           std::abs(c) < std::numeric_limits<double>::min();
}

/// Turns each pair of axes once. Returns whether any was turned.
bool sweep(double* matrix, std::int64_t d, double* axes) {
    parallel::Pace pace;
    bool turned = false;
    for (std::int64_t i = 0; i < d; ++i) {
        for (std::int64_t j = i + 1; j < d; ++j) {
            const double a = matrix[i * d + i];
            const double b = matrix[j * d + j];
            const double c = matrix[i * d + j];
            if (is_settled(a, b, c)) continue;
            const Rotation by = diagonalising(a, b, c);
            turn_matrix(matrix, d, i, j, by);
            matrix[i * d + j] = matrix[j * d + i] = 0;
            turn_axes(axes, d, i, j, by);
            pace.spend(12 * d);
            turned = true;
        }
    }
    return turned;
}

/// Writes eigenvalues, ascending, and eigenvectors from a matrix that is diagonal by now, value(i), and axes, axis(i,
/// l).
template <class Value, class Axis>
void write_in_order(std::int64_t d, Value value, Axis axis, double* values, double* axes) {
    std::vector<std::int64_t> order(d);
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::sort(order.begin(), order.end(), [&](std::int64_t i, std::int64_t j) {
        const double a = value(i);
        const double b = value(j);
        return a < b || (a == b && i < j);
    });
    for (const std::int64_t i : order) {
        *values++ = value(i);
        for (std::int64_t l = 0; l < d; ++l) *axes++ = axis(i, l);
    }
}

/// Returns a power of two by which no number of a matrix with nothing below zero on its diagonal is larger than 1.
double unit_of(const double* matrix, std::int64_t d) {
    double most = std::numeric_limits<double>::min();
    for (std::int64_t i = 0; i < d * d; ++i) most = std::max(most, std::abs(matrix[i]));
    return std::ldexp(1, std::min(std::ilogb(most), 1022) + 1);
}

}  // namespace

void eigen(double* matrix, std::int64_t d, double* values, double* axes) {
    std::vector<double> turned(d * d);
    for (std::int64_t i = 0; i < d; ++i) turned[i * d + i] = 1;
    for (int n = 0; n < most_sweeps && sweep(matrix, d, turned.data()); ++n) {
    }
    write_in_order(
        d, [&](std::int64_t i) { return matrix[i * d + i]; },
        [&](std::int64_t i, std::int64_t l) { return turned[i * d + l]; }, values, axes);
}

void eigen(const double* matrices, std::int64_t n, std::int64_t d, const kernels::Table& table, double* values,
           double* axes) {
    constexpr std::int64_t lanes = kernels::components_block;
    const std::int64_t size = d * d;
    std::vector<double> block(size * lanes);
    std::vector<double> turned(size * lanes);
    double unit[lanes] = {};
    parallel::Pace pace;
    for (std::int64_t first = 0; first < n; first += lanes) {
        const std::int64_t n_lanes = std::min(lanes, n - first);
        if (n_lanes < lanes) std::fill(block.begin(), block.end(), 0.0);
        for (std::int64_t lane = 0; lane < n_lanes; ++lane) {
            const double* matrix = matrices + (first + lane) * size;
            unit[lane] = unit_of(matrix, d);
            for (std::int64_t at = 0; at < size; ++at) block[at * lanes + lane] = matrix[at] / unit[lane];
        }
        std::fill(turned.begin(), turned.end(), 0.0);
        for (std::int64_t i = 0; i < d; ++i) std::fill_n(turned.data() + (i * d + i) * lanes, lanes, 1.0);
        for (int sweeps = 0; sweeps < most_sweeps && table.turn_components(block.data(), d, turned.data()); ++sweeps) {
            pace.spend(6 * lanes * size * d);
        }
        for (std::int64_t lane = 0; lane < n_lanes; ++lane) {
            write_in_order(
                d, [&](std::int64_t i) { return block[(i * d + i) * lanes + lane] * unit[lane]; },
                [&](std::int64_t i, std::int64_t l) { return turned[(i * d + l) * lanes + lane]; },
                values + (first + lane) * d, axes + (first + lane) * size);
        }
    }
}

}  // namespace gaussmix::linalg
