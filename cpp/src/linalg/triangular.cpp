#include "linalg/triangular.hpp"

#include <cmath>

namespace gaussmix::linalg {

bool cholesky(double* a, Index d) noexcept {
    for (Index i = 0; i < d; ++i) {
        double* row_i = a + packed_index(i, 0);
        for (Index j = 0; j < i; ++j) {
            const double* row_j = a + packed_index(j, 0);
            double sum = row_i[j];
            for (Index t = 0; t < j; ++t) sum -= row_i[t] * row_j[t];
            row_i[j] = sum / row_j[j];
        }
        const double original = row_i[i];
        double pivot = original;
        for (Index t = 0; t < i; ++t) pivot -= row_i[t] * row_i[t];
        // A pivot that is rounding noise of its own diagonal entry is not evidence of positive definiteness.
        if (!(pivot > 1e-15 * original) || !(pivot > 0) || !std::isfinite(pivot)) return false;
        row_i[i] = std::sqrt(pivot);
    }
    return true;
}

void invert_lower(double* l, Index d) noexcept {
    // Row i of the inverse: X_i = (e_i - sum_{c < i} L_ic X_c) / L_ii, built from the rows above it.
    for (Index i = 0; i < d; ++i) {
        double* row_i = l + packed_index(i, 0);
        const double inverse_pivot = 1.0 / row_i[i];
        for (Index c = 0; c < i; ++c) {
            const double factor = row_i[c];
            row_i[c] = 0.0;
            const double* row_c = l + packed_index(c, 0);
            for (Index t = 0; t <= c; ++t) row_i[t] -= factor * row_c[t];
        }
        for (Index t = 0; t < i; ++t) row_i[t] *= inverse_pivot;
        row_i[i] = inverse_pivot;
    }
}

}  // namespace gaussmix::linalg
