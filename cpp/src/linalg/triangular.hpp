/// The Cholesky factor, a triangle packed row by row, and its inverse, packed as kernels read it. All leave at a
/// checkpoint of `parallel/` when they are to stop.
#pragma once

#include "gaussmix/index.hpp"
#include "kernels/layout.hpp"
#include "kernels/table.hpp"
#include "parallel/parallel.hpp"

namespace gaussmix::linalg {

using kernels::packed_index;
using kernels::packed_size;
using kernels::upper_index;

/// Overwrites the upper triangle of A by U, A = U^T U: the rows of U are the columns of the Cholesky factor L. False,
/// with A spoilt, when A is not positive definite to working precision.
bool cholesky(double* a, Index d, const kernels::Table& table);

/// Writes the inverse of L = U^T into `factor` (kernels::packed_factor_size).
void invert_transposed(const double* u, Index d, const kernels::Table& table, double* factor);

/// trace(W M W^T) of a packed factor W and a symmetric matrix M (d, d).
double trace_of_product(const double* factor, const double* matrix, Index d, const kernels::Table& table, int n_threads,
                        const parallel::Poll& poll);

}  // namespace gaussmix::linalg
