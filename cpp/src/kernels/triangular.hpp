/// Steps of the Cholesky factorisation A = U^T U, of the inversion of L = U^T and of products with the inverse, one
/// panel of rows each; the caller loops over the panels. What the rows above contribute to an entry is subtracted in a
/// register, one row after the other, so that the bits do not depend on the width of vectors.
#pragma once

#include "kernels/layout.hpp"
#include "kernels/pack.hpp"
#include "kernels/sums.hpp"
#include "tuning/tuning.hpp"

namespace {

using gaussmix::kernels::packed_factor_index;
using gaussmix::kernels::panel;
using gaussmix::kernels::upper_index;
using gaussmix::tuning::factor_block;
using gaussmix::tuning::factor_strip;
using gaussmix::tuning::product_strip;

/// Rows [from, to) of U, and the panel of rows of A below them, from which their products are subtracted.
struct Below {
    double* a;
    std::int64_t d;
    std::int64_t from;
    std::int64_t to;
    std::int64_t row;

    double* at(std::int64_t r, std::int64_t column) const { return a + upper_index(row + r, column, d); }

    /// Calls use(u) with the place of the panel's first column in each row of U.
    template <class Use>
    void for_each_above(Use use) const {
        const double* u = a + upper_index(from, row, d);
        for (std::int64_t k = from; k < to; ++k) {
            use(u);
            u += d - k - 1;
        }
    }

    /// Subtracts for `Quads` times four columns; at the `Diagonal` each row has one column less than the one above.
    template <int Quads, bool Diagonal>
    void subtract(std::int64_t column) const {
        Quad<double> left[panel][Quads];
        for (int r = 0; r < panel; ++r) {
            for (int q = 0; q < Quads; ++q) left[r][q] = load_quad(at(r, column) + 4 * q);
        }
        for_each_above([&](const double* u) {
            Quad<double> x[Quads];
            for (int q = 0; q < Quads; ++q) x[q] = load_quad(u + (column - row) + 4 * q);
            for (int r = 0; r < panel; ++r) {
                const Quad<double> w = -(u[r] - Quad<double>{});
                for (int q = 0; q < Quads; ++q) left[r][q] = fma_quad(w, x[q], left[r][q]);
            }
        });
        for (int r = 0; r < panel; ++r) {
            for (int q = 0; q < Quads; ++q) {
                if (Diagonal && q == 0) {
                    for (int c = r; c < panel; ++c) at(r, column)[c] = left[r][0][c];
                } else {
                    store_quad(at(r, column) + 4 * q, left[r][q]);
                }
            }
        }
    }

    /// Subtracts for one column, which only the first n rows have.
    void subtract_column(std::int64_t column, std::int64_t n) const {
        double left[panel] = {};
        for (std::int64_t r = 0; r < n; ++r) left[r] = *at(r, column);
        for_each_above([&](const double* u) {
            const double x = u[column - row];
            for (std::int64_t r = 0; r < n; ++r) left[r] = fma(-u[r], x, left[r]);
        });
        for (std::int64_t r = 0; r < n; ++r) *at(r, column) = left[r];
    }

    /// Subtracts for the columns from `column` to `end`, which are a whole panel's and contain its diagonal or not.
    template <bool Diagonal>
    std::int64_t subtract_quads(std::int64_t column, std::int64_t end) const {
        const auto take = [&](auto quads) {
            constexpr int n = decltype(quads)::value;
            subtract<n, Diagonal>(column);
            column += panel * n;
        };
        const std::int64_t n = (end - column) / panel;
        if (n >= 3) {
            take(Constant<3>());
        } else if (n == 2) {
            take(Constant<2>());
        } else if (n == 1) {
            take(Constant<1>());
        }
        return column;
    }

    /// Subtracts for the columns from `column` to `end` that the panel has.
    void subtract(std::int64_t column, std::int64_t end) const {
        if (column == row && row + panel <= d) column = subtract_quads<true>(column, end);
        while (column + panel <= end) column = subtract_quads<false>(column, end);
        for (; column < end; ++column) subtract_column(column, least(column - row + 1, panel));
    }
};

/// Factors the panel of rows from `first`, from which the rows above were subtracted: its diagonal was `diagonal`.
inline bool factor_panel(double* a, std::int64_t d, std::int64_t first, const double (&diagonal)[panel]) {
    // A pivot that is only rounding noise of its own diagonal entry is no evidence of positive definiteness.
    constexpr double noise = 1e-15;
    const std::int64_t end = least(first + panel, d);
#pragma GCC unroll 4
    for (std::int64_t k = first; k < end; ++k) {
        double* row = a + upper_index(k, k, d);
        const double pivot = row[0];
        if (!(pivot > noise * diagonal[k - first]) || !(pivot <= Limits<double>::largest)) return false;
        const double root = __builtin_sqrt(pivot);
        const double inverse = 1 / root;
        row[0] = root;
        for (std::int64_t j = 1; j < d - k; ++j) row[j] *= inverse;
#pragma GCC unroll 4
        for (std::int64_t i = k + 1; i < end; ++i) {
            axpy(-row[i - k], row + (i - k), a + upper_index(i, i, d), d - i);
        }
    }
    return true;
}

/// `D`: the number of features, at most a panel; 0: any.
template <int D>
inline bool factor_panel_of(double* a, std::int64_t n_features, std::int64_t from, std::int64_t first) {
    const std::int64_t d = D > 0 ? D : n_features;
    double diagonal[panel] = {};
    for (std::int64_t r = 0; r < least(panel, d - first); ++r) diagonal[r] = a[upper_index(first + r, first + r, d)];
    if (first > from) Below{a, d, from, first, first}.subtract(first, d);
    return factor_panel(a, d, first, diagonal);
}

bool factor_rows(double* a, std::int64_t d, std::int64_t first) noexcept {
    switch (d) {  // known at compile time
        case 1: return factor_panel_of<1>(a, d, 0, 0);
        case 2: return factor_panel_of<2>(a, d, 0, 0);
        case 3: return factor_panel_of<3>(a, d, 0, 0);
        case 4: return factor_panel_of<4>(a, d, 0, 0);
        default: break;
    }
    const std::int64_t end = least(first + factor_block, d);
    for (std::int64_t row = first; row < end; row += panel) {
        if (!factor_panel_of<0>(a, d, first, row)) return false;
    }
    return true;
}

// NOLINTNEXTLINE(readability-non-const-parameter): `Below` writes through it.
void subtract_strip(double* a, std::int64_t d, std::int64_t first, std::int64_t column) noexcept {
    const std::int64_t below = first + factor_block;
    const std::int64_t last = least(column + factor_strip, d);
    for (std::int64_t row = below; row < last; row += panel) {
        Below{a, d, first, below, row}.subtract(row < column ? column : row, last);
    }
}

/// Columns of the inverse that are computed at once.
constexpr int columns_together = 8;

/// Returns L_ik of the panel of rows i from `first`, zero below row d.
inline Quad<double> load_panel(const double* u, std::int64_t d, std::int64_t first, std::int64_t k) {
    const double* row = u + upper_index(k, first, d);
    if (first + panel <= d) return load_quad(row);
    Quad<double> rows{};
    for (std::int64_t r = 0; r < d - first; ++r) rows[r] = row[r];
    return rows;
}

/// Computes rows [first, first + panel) of X = L^-1, as a panel of a packed factor, from those above: X_i = (e_i -
/// sum_{k < i} L_ik X_k) / L_ii.
void invert_rows(const double* u, std::int64_t d, std::int64_t first, double* inverse) noexcept {
    double pivot[panel] = {};
    double within[panel][panel] = {};
    for (std::int64_t r = 0; r < least(panel, d - first); ++r) {
        pivot[r] = 1 / u[upper_index(first + r, first + r, d)];
        for (std::int64_t s = 0; s < r; ++s) within[r][s] = -u[upper_index(first + s, first + r, d)];
    }
    double* out = inverse + packed_factor_index(first, 0);
    // The columns of L stay, each until it is no longer needed, where those of X will be.
    for (std::int64_t k = 0; k < first; ++k) store_quad(out + k * panel, -load_panel(u, d, first, k));
    // Four columns, from which the rows above were subtracted.
    const auto finish = [&](std::int64_t column, Quad<double>* left) {
        Quad<double> x[panel] = {left[0], left[1], left[2], left[3]};
        transpose_four<double>(x);
#pragma GCC unroll 4
        for (int r = 0; r < panel; ++r) {
#pragma GCC unroll 4
            for (int s = 0; s < r; ++s) x[r] = fma_quad(within[r][s] - Quad<double>{}, x[s], x[r]);
            x[r] *= pivot[r] - Quad<double>{};
        }
        transpose_four<double>(x);
        for (int c = 0; c < panel; ++c) store_quad(out + (column + c) * panel, x[c]);
    };
    for (std::int64_t column = 0; column < first; column += columns_together) {
        const std::int64_t n = least(columns_together, first - column);
        Quad<double> left[columns_together] = {};
        const auto subtract = [&](std::int64_t k, auto n_columns) {
            const Quad<double> l = load_quad(out + k * panel);
            const double* x = inverse + packed_factor_index(k, column);
            for (int c = 0; c < decltype(n_columns)::value; ++c)
                left[c] = fma_quad(l, x[c * panel] - Quad<double>{}, left[c]);
        };
        for (std::int64_t k = column; k < column + panel; ++k) subtract(k, Constant<panel>());
        if (n == columns_together) {
            for (std::int64_t k = column + panel; k < first; ++k) subtract(k, Constant<columns_together>());
        }
        for (std::int64_t c = 0; c < n; c += panel) finish(column + c, left + c);
    }
    Quad<double> unit[panel] = {};
    for (int r = 0; r < panel; ++r) unit[r][r] = 1;
    finish(first, unit);
}

template <int Rows>
inline void multiply(const double* rows, std::int64_t n, const double* matrix, std::int64_t stride, double* products) {
    Quad<double> sums[Rows] = {};
    for (std::int64_t j = 0; j < n; ++j) {
        const Quad<double> x = load_quad(rows + j * panel);
        for (int c = 0; c < Rows; ++c) sums[c] += x * (matrix[c * stride + j] - Quad<double>{});
    }
    for (int c = 0; c < Rows; ++c) store_quad(products + c * panel, sums[c]);
}

void multiply_strip(const double* rows, std::int64_t n, const double* matrix, std::int64_t stride, std::int64_t n_rows,
                    double* products) noexcept {
    if (n_rows == product_strip) return multiply<product_strip>(rows, n, matrix, stride, products);
    for (std::int64_t c = 0; c < n_rows; ++c) {
        multiply<1>(rows, n, matrix + c * stride, stride, products + c * panel);
    }
}

}  // namespace
