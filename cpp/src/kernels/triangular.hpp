/// Steps of the Cholesky factorisation A = U^T U and of the inversion of L = U^T, a few rows each: what takes long is
/// left to whoever walks through the rows. All work is done row by row with y += a x, so that the bits do not depend on
/// the vector's width.
#pragma once

#include "kernels/layout.hpp"
#include "kernels/sums.hpp"

namespace {

using gaussmix::kernels::packed_index;
using gaussmix::kernels::upper_index;

/// Divides row k of A by its root once the rows above have been subtracted; false where the pivot is not positive.
inline bool finish_row(double* a, std::int64_t d, std::int64_t k) {
    // A pivot that is only rounding noise of its own diagonal entry is no evidence of positive definiteness.
    constexpr double noise = 1e-15;
    // The pivot is the diagonal entry less the squares above it: `noise` is relative to what it was.
    double removed = 0;
    for (std::int64_t t = 0; t < k; ++t) removed += a[upper_index(t, k, d)] * a[upper_index(t, k, d)];
    double* row = a + upper_index(k, k, d);
    const double pivot = row[0];
    if (!(pivot > noise * (pivot + removed)) || !(pivot <= Limits<double>::largest)) return false;
    const double root = __builtin_sqrt(pivot);
    const double inverse = 1 / root;
    row[0] = root;
    for (std::int64_t j = 1; j < d - k; ++j) row[j] *= inverse;
    return true;
}

/// The rows of one panel, which begins at `first`, with each other.
inline bool factor_panel(double* a, std::int64_t d, std::int64_t first) {
    const std::int64_t end = least(first + panel, d);
#pragma GCC unroll 4
    for (std::int64_t k = first; k < end; ++k) {
        if (!finish_row(a, d, k)) return false;
#pragma GCC unroll 4
        for (std::int64_t i = k + 1; i < end; ++i) {
            const double* row = a + upper_index(k, i, d);
            axpy(-row[0], row, a + upper_index(i, i, d), d - i);
        }
    }
    return true;
}

bool factor_rows(double* a, std::int64_t d, std::int64_t first) noexcept {
    switch (d) {  // known to the compiler
        case 1: return factor_panel(a, 1, 0);
        case 2: return factor_panel(a, 2, 0);
        case 3: return factor_panel(a, 3, 0);
        case 4: return factor_panel(a, 4, 0);
        default: break;
    }
    if (!factor_panel(a, d, first)) return false;
    for (std::int64_t i = first + panel; i < d; ++i) {
        const double* const rows[panel] = {a + upper_index(first, i, d), a + upper_index(first + 1, i, d),
                                           a + upper_index(first + 2, i, d), a + upper_index(first + 3, i, d)};
        const double factors[panel] = {-rows[0][0], -rows[1][0], -rows[2][0], -rows[3][0]};
        axpy_four(factors, rows, a + upper_index(i, i, d), d - i);
    }
    return true;
}

/// Row i of the inverse: X_i = (e_i - sum_{c < i} L_ic X_c) / L_ii, L_ic = U_ci, from the rows above it, each a number
/// longer than the one before.
inline void invert_row(const double* u, std::int64_t d, std::int64_t i, double* inverse) {
    double* row = inverse + packed_index(i, 0);
    for (std::int64_t t = 0; t <= i; ++t) row[t] = 0;
    const auto subtract = [=](std::int64_t c, std::int64_t begin) {
        axpy(-u[upper_index(c, i, d)], inverse + packed_index(c, begin), row + begin, c + 1 - begin);
    };
    std::int64_t c = 0;
    for (; c + panel <= i; c += panel) {
        const double factors[panel] = {-u[upper_index(c, i, d)], -u[upper_index(c + 1, i, d)],
                                       -u[upper_index(c + 2, i, d)], -u[upper_index(c + 3, i, d)]};
        const double* const rows[panel] = {inverse + packed_index(c, 0), inverse + packed_index(c + 1, 0),
                                           inverse + packed_index(c + 2, 0), inverse + packed_index(c + 3, 0)};
        axpy_four(factors, rows, row, c + 1);
        for (std::int64_t later = c + 1; later < c + panel; ++later) subtract(later, c + 1);
    }
    for (; c < i; ++c) subtract(c, 0);
    const double pivot = 1 / u[upper_index(i, i, d)];
    for (std::int64_t t = 0; t < i; ++t) row[t] *= pivot;
    row[i] = pivot;
}

inline void invert_panel(const double* u, std::int64_t d, std::int64_t first, double* inverse) {
#pragma GCC unroll 4
    for (std::int64_t i = first; i < least(first + panel, d); ++i) invert_row(u, d, i, inverse);
}

void invert_rows(const double* u, std::int64_t d, std::int64_t first, double* inverse) noexcept {
    switch (d) {
        case 1: return invert_panel(u, 1, 0, inverse);
        case 2: return invert_panel(u, 2, 0, inverse);
        case 3: return invert_panel(u, 3, 0, inverse);
        case 4: return invert_panel(u, 4, 0, inverse);
        default: return invert_panel(u, d, first, inverse);
    }
}

}  // namespace
