#include "linalg/triangular.hpp"

#include <algorithm>
#include <cmath>

#include "parallel/parallel.hpp"

namespace gaussmix::linalg {

namespace {

constexpr Index together = 4;  // rows that are subtracted at once

/// Divides row k of A by its root once the rows above have been subtracted; false where the pivot is not positive.
bool finish_row(double* a, Index k, Index d) noexcept {
    // A pivot that is only rounding noise of its own diagonal entry is no evidence of positive definiteness.
    constexpr double noise = 1e-15;
    double* row = a + upper_index(k, k, d);
    // The pivot is the diagonal entry less the squares above it: `noise` is relative to what it was.
    double removed = 0;
    for (Index t = 0; t < k; ++t) removed += a[upper_index(t, k, d)] * a[upper_index(t, k, d)];
    const double pivot = row[0];
    if (!(pivot > noise * (pivot + removed)) || !std::isfinite(pivot)) return false;
    const double root = std::sqrt(pivot);
    const double inverse = 1 / root;
    row[0] = root;
    for (Index j = 1; j < d - k; ++j) row[j] *= inverse;
    return true;
}

}  // namespace

bool cholesky(double* a, Index d, const kernels::Table& table) {
    parallel::Pace pace;
    for (Index first = 0; first < d; first += together) {
        const Index end = std::min(first + together, d);
        pace.spend(together * (d - first) * (d - first));
        for (Index k = first; k < end; ++k) {
            if (!finish_row(a, k, d)) return false;
            for (Index i = k + 1; i < end; ++i) {
                const double* row = a + upper_index(k, i, d);
                table.axpy(-row[0], row, a + upper_index(i, i, d), d - i);
            }
        }
        for (Index i = end; i < d; ++i) {
            const double* const rows[together] = {a + upper_index(first, i, d), a + upper_index(first + 1, i, d),
                                                  a + upper_index(first + 2, i, d), a + upper_index(first + 3, i, d)};
            const double factors[together] = {-rows[0][0], -rows[1][0], -rows[2][0], -rows[3][0]};
            table.axpy_four(factors, rows, a + upper_index(i, i, d), d - i);
        }
    }
    return true;
}

void invert_transposed(const double* u, Index d, const kernels::Table& table, double* inverse) {
    parallel::Pace pace;
    // Row i of the inverse: X_i = (e_i - sum_{c < i} L_ic X_c) / L_ii, L_ic = U_ci, from the rows above it, each a
    // number longer than the one before.
    for (Index i = 0; i < d; ++i) {
        double* row = inverse + packed_index(i, 0);
        std::fill_n(row, i + 1, 0.0);
        const auto subtract = [&](Index c, Index begin) {
            table.axpy(-u[upper_index(c, i, d)], inverse + packed_index(c, begin), row + begin, c + 1 - begin);
        };
        Index c = 0;
        for (; c + together <= i; c += together) {
            const double factors[together] = {-u[upper_index(c, i, d)], -u[upper_index(c + 1, i, d)],
                                              -u[upper_index(c + 2, i, d)], -u[upper_index(c + 3, i, d)]};
            const double* const rows[together] = {inverse + packed_index(c, 0), inverse + packed_index(c + 1, 0),
                                                  inverse + packed_index(c + 2, 0), inverse + packed_index(c + 3, 0)};
            table.axpy_four(factors, rows, row, c + 1);
            for (Index later = c + 1; later < c + together; ++later) subtract(later, c + 1);
        }
        for (; c < i; ++c) subtract(c, 0);
        pace.spend(i * i);
        const double pivot = 1 / u[upper_index(i, i, d)];
        for (Index t = 0; t < i; ++t) row[t] *= pivot;
        row[i] = pivot;
    }
}

}  // namespace gaussmix::linalg
