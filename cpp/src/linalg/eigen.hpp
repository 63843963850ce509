/// Eigenvalues and eigenvectors of symmetric matrices. Throws at a checkpoint of `parallel/` if the call is to stop.
#pragma once

#include <cstdint>

namespace gaussmix::linalg {

/// Destroys a symmetric matrix (d, d); writes its eigenvalues, ascending, and its eigenvectors, each a row of (d, d).
/// Jacobi's rotations: small eigenvalues of a positive definite matrix keep digits of their own (Demmel and Veselic
/// 1992).
void eigen(double* matrix, std::int64_t d, double* values, double* axes);

}  // namespace gaussmix::linalg
