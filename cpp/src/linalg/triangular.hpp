/// The Cholesky factor, a triangle packed row by row, and its inverse, packed as kernels read it. All functions have
/// checkpoints, where they can be stopped.
#pragma once

#include "gaussmix/index.hpp"
#include "kernels/layout.hpp"
#include "kernels/table.hpp"
#include "parallel/parallel.hpp"

namespace gaussmix::linalg {

using kernels::packed_index;
using kernels::packed_size;
using kernels::upper_index;

/// Overwrites the upper triangle of A by U, A = U^T U: the rows of U are the columns of the Cholesky factor L. Returns
/// false, with A overwritten, if A is not positive definite to working precision.
bool cholesky(double* a, Index d, const kernels::Table& table);

/// Writes the inverse of L = U^T into `factor` (kernels::packed_factor_size).
void invert_transposed(const double* u, Index d, const kernels::Table& table, double* factor);

/// Returns trace(W M W^T) for a packed factor W and a symmetric matrix M (d, d).
double trace_of_product(const double* factor, const double* matrix, Index d, const kernels::Table& table, int n_threads,
                        const parallel::Poll& poll);

}  // namespace gaussmix::linalg
