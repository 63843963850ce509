/// Eigenvalues and eigenvectors of symmetric matrices. Throws at a checkpoint of `parallel/` if the call is to stop.
#pragma once

#include <cstdint>

#include "kernels/table.hpp"

namespace gaussmix::linalg {

/// Destroys a symmetric matrix (d, d); writes its eigenvalues, ascending, and its eigenvectors, each a row of (d, d).
/// Jacobi's rotations: small eigenvalues of a positive definite matrix keep digits of their own (Demmel and Veselic
/// 1992).
void eigen(double* matrix, std::int64_t d, double* values, double* axes);

/// Does the same for n matrices, (n, d, d), side by side in the lanes of vectors, and leaves them as they are. Numbers
/// below 1e-154 of the largest of a matrix keep no digits of their own.
void eigen(const double* matrices, std::int64_t n, std::int64_t d, const kernels::Table& table, double* values,
           double* axes);

}  // namespace gaussmix::linalg
