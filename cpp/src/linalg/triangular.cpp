#include "linalg/triangular.hpp"

#include <algorithm>
#include <cmath>

namespace gaussmix::linalg {

bool cholesky(double* a, Index d, const kernels::Table& table) noexcept {
    // A pivot that is only rounding noise of its own diagonal entry is no evidence of positive definiteness.
    constexpr double noise = 1e-15;
    for (Index k = 0; k < d; ++k) {
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
        for (Index i = k + 1; i < d; ++i) {
            table.axpy(-row[i - k], row + i - k, a + upper_index(i, i, d), d - i);
        }
    }
    return true;
}

void invert_transposed(const double* u, Index d, const kernels::Table& table, double* inverse) noexcept {
    // Row i of the inverse: X_i = (e_i - sum_{c < i} L_ic X_c) / L_ii, L_ic = U_ci, from the rows above it.
    for (Index i = 0; i < d; ++i) {
        double* row = inverse + packed_index(i, 0);
        std::fill_n(row, i + 1, 0.0);
        for (Index c = 0; c < i; ++c) table.axpy(-u[upper_index(c, i, d)], inverse + packed_index(c, 0), row, c + 1);
        const double pivot = 1 / u[upper_index(i, i, d)];
        for (Index t = 0; t < i; ++t) row[t] *= pivot;
        row[i] = pivot;
    }
}

}  // namespace gaussmix::linalg
