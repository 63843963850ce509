/// Lower triangles packed row by row (entry (i, j <= i) at i(i+1)/2 + j): Cholesky and its inverse.
#pragma once

#include <cstdint>

namespace gaussmix::linalg {

using Index = std::int64_t;

constexpr Index packed_size(Index d) noexcept { return d * (d + 1) / 2; }
constexpr Index packed_index(Index row, Index column) noexcept { return row * (row + 1) / 2 + column; }

/// Overwrites A (packed, symmetric) with L, A = L L^T. False, with A spoilt, when A is not positive definite to
/// working precision.
bool cholesky(double* a, Index d) noexcept;

/// Overwrites L (packed, lower, non-zero diagonal) with its inverse.
void invert_lower(double* l, Index d) noexcept;

}  // namespace gaussmix::linalg
