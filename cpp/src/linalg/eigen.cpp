#include "linalg/eigen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

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

}  // namespace

void eigen(double* matrix, std::int64_t d, double* values, double* axes) {
    std::vector<double> turned(d * d);
    for (std::int64_t i = 0; i < d; ++i) turned[i * d + i] = 1;
    for (int n = 0; n < most_sweeps && sweep(matrix, d, turned.data()); ++n) {
    }
    std::vector<std::int64_t> order(d);
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::sort(order.begin(), order.end(), [&](std::int64_t i, std::int64_t j) {
        const double a = matrix[i * d + i];
        const double b = matrix[j * d + j];
        return a < b || (a == b && i < j);
    });
    for (const std::int64_t i : order) {
        *values++ = matrix[i * d + i];
        axes = std::copy_n(turned.data() + i * d, d, axes);
    }
}

}  // namespace gaussmix::linalg
