/// What the families of whole matrices (full, tied) share.
#pragma once

#include <cstddef>
#include <vector>

#include "families/family.hpp"
#include "linalg/triangular.hpp"

namespace gaussmix::families {

/// The Cholesky factor U, U^T U = the d x d matrix, as a packed upper triangle.
inline bool matrix_root(const double* matrix, Index d, const kernels::Table& table, double* out) noexcept {
    for (Index i = 0; i < d; ++i) {
        for (Index j = i; j < d; ++j) out[linalg::upper_index(i, j, d)] = matrix[i * d + j];
    }
    return linalg::cholesky(out, d, table);
}

/// matrix[i, j] = matrix[j, i] = value(i, j), plus the ridge on the diagonal.
template <class Value>
void fill_symmetric(double* matrix, Index d, const std::vector<double>& ridge, Value value) {
    for (Index i = 0; i < d; ++i) {
        for (Index j = 0; j <= i; ++j) matrix[i * d + j] = matrix[j * d + i] = value(i, j);
        matrix[i * d + i] += ridge[static_cast<std::size_t>(i)];
    }
}

inline void lift_diagonal(double* matrix, Index d, double scale, const std::vector<double>& amounts) {
    for (Index j = 0; j < d; ++j) matrix[j * d + j] += scale * amounts[static_cast<std::size_t>(j)];
}

}  // namespace gaussmix::families
