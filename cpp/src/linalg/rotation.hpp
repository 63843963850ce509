/// Rotations in the plane of two axes, from which the axes of one symmetric matrix, or the common axes of several, are
/// built.
#pragma once

#include <cmath>
#include <cstdint>

namespace gaussmix::linalg {

/// By an angle t: axis i becomes cos t i + sin t j, axis j becomes cos t j - sin t i.
struct Rotation {
    double cos;
    double sin;
};

/// By at most 45 degrees, so that the matrix [[a, c], [c, b]] becomes diagonal. Neither number is NaN for finite ones.
inline Rotation diagonalising(double a, double b, double c) noexcept {
    const double ratio = (a / 2 - b / 2) / c;
    constexpr double vast = 1e8;  // beside its square, 1 is lost
    const double root = std::abs(ratio) < vast ? std::sqrt(1 + ratio * ratio) : std::abs(ratio);
    const double tan = std::copysign(1 / (std::abs(ratio) + root), ratio);
    const double cos = 1 / std::sqrt(1 + tan * tan);
    return {cos, tan * cos};
}

/// Turns axes i and j, which are rows of d numbers.
inline void turn_axes(double* axes, std::int64_t d, std::int64_t i, std::int64_t j, Rotation by) noexcept {
    double* a = axes + i * d;
    double* b = axes + j * d;
    for (std::int64_t l = 0; l < d; ++l) {
        const double old = a[l];
        a[l] = by.cos * old + by.sin * b[l];
        b[l] = by.cos * b[l] - by.sin * old;
    }
}

/// A symmetric matrix (d, d) along the axes that `turn_axes` makes.
inline void turn_matrix(double* matrix, std::int64_t d, std::int64_t i, std::int64_t j, Rotation by) noexcept {
    const double a = matrix[i * d + i];
    const double b = matrix[j * d + j];
    const double c = matrix[i * d + j];
    turn_axes(matrix, d, i, j, by);
    for (std::int64_t l = 0; l < d; ++l) {
        matrix[l * d + i] = matrix[i * d + l];
        matrix[l * d + j] = matrix[j * d + l];
    }
    const double twice = 2 * by.cos * by.sin * c;
    matrix[i * d + i] = by.cos * by.cos * a + twice + by.sin * by.sin * b;
    matrix[j * d + j] = by.sin * by.sin * a - twice + by.cos * by.cos * b;
    matrix[i * d + j] = matrix[j * d + i] = (by.cos * by.cos - by.sin * by.sin) * c + by.cos * by.sin * (b - a);
}

}  // namespace gaussmix::linalg
