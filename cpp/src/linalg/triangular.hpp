/// Triangles packed row by row, and the Cholesky factor and its inverse. All work is done row by row with y += a x, so
/// that the bits do not depend on the vector's width. Both leave at a checkpoint of `parallel/` when they are to stop.
#pragma once

#include <cstdint>

#include "kernels/table.hpp"

namespace gaussmix::linalg {

using Index = std::int64_t;

/// A lower triangle: entry (row, column <= row) stands at row (row + 1) / 2 + column.
constexpr Index packed_size(Index d) noexcept { return d * (d + 1) / 2; }
constexpr Index packed_index(Index row, Index column) noexcept { return row * (row + 1) / 2 + column; }

/// An upper triangle: entry (row, column >= row).
constexpr Index upper_index(Index row, Index column, Index d) noexcept {
    return row * d - row * (row - 1) / 2 + column - row;
}

/// Overwrites the upper triangle of A by U, A = U^T U: the rows of U are the columns of the Cholesky factor L. False,
/// with A spoilt, when A is not positive definite to working precision.
bool cholesky(double* a, Index d, const kernels::Table& table);

/// Writes the inverse of L = U^T, a packed lower triangle, into `inverse`.
void invert_transposed(const double* u, Index d, const kernels::Table& table, double* inverse);

}  // namespace gaussmix::linalg
