/// Sizes and thresholds that were chosen by measuring time. Each says what it decides, and what that gained where it
/// was measured; times are those of x86-64 CPUs with AVX2 or AVX-512. Results stay correct whatever they are; their
/// last bits depend on those that say so. Numbers that accuracy or the quality of a fit calls for stand where they are
/// used, and the shapes of register blocks in kernels/simd.hpp.
#pragma once

#include <cstdint>

namespace gaussmix::tuning {

// Threads and chunks of rows.

/// Floating-point operations below which one thread finishes sooner than several, which must be woken first; no chunk
/// of rows has fewer. Bits depend on it.
inline constexpr double least_flops = 4e6;

/// A chunk has at least this many rows, so that clearing and merging its sums takes little beside making them, and
/// twice as many before there are more than `enough_chunks`: that was 8 % of an iteration on 100 000 rows of 64
/// features, with 16 components. Up to `enough_chunks` chunks let threads finish together. Bits depend on all three.
inline constexpr std::int64_t least_chunk_rows = 576;
inline constexpr std::int64_t enough_chunks = 64;
inline constexpr std::int64_t most_chunks = 256;

/// Beyond this many features a tile has half the rows: one component's factor and scatter nearly fill the second cache.
/// 4000 rows, 256 features: 6 % less time. Bits depend on it.
inline constexpr std::int64_t many_features = 128;

// Kernels.

/// Up to this many features, scatters are summed with rows in the vector lanes; beyond, row by row. Fits of 5 to 48
/// features took a fifth to a half less time. Bits depend on it.
inline constexpr std::int64_t few_features = 48;

/// In a tile where at most this many rows per feature count, they are summed row by row nevertheless: 1.6 times as fast
/// for 23 rows of 32 features, twice for 48 features. Bits depend on it.
inline constexpr std::int64_t gathered_rows_per_feature = 4;

/// Rows of a Cholesky factor that are computed in one step, a multiple of `kernels::panel`, and columns that these rows
/// are subtracted from in one step, so that this part of the rows stays in the first cache. Factors are computed 1.2
/// to 1.4 times as fast, for 13 to 256 features.
inline constexpr std::int64_t factor_block = 32;
inline constexpr std::int64_t factor_strip = 12;

/// Rows of a matrix that a panel of a factor is multiplied with at once, and rows of the factor that meet them while
/// they are in the cache: with threads, the prior's trace fell from 15 s of a fit of 60 x 2000 to 0.5 s. Bits depend on
/// both.
inline constexpr std::int64_t product_strip = 8;
inline constexpr std::int64_t trace_block = 32;

// Whole algorithms.

/// From this many features on, a distance under a full covariance costs much more than comparing its bound.
inline constexpr std::int64_t costly_features = 12;

/// Numbers up to which k-means++ keeps what each candidate leaves of every row, 8 MB, instead of computing the
/// distances to the chosen one again: default fits took 1 to 6 % less time.
inline constexpr std::int64_t most_kept_distances = 1 << 20;

/// Quasi-Newton steps multiply matrices of d^2 numbers by plain loops; they are taken where these numbers are at most
/// this part of d^2 for each row and component, which is what a pass does. Bits depend on it.
inline constexpr double most_step_work = 1.0 / 24;

/// Numbers of a mixture beyond which L-BFGS keeps a single pair, 16 MB: the others gain little there. Bits depend on
/// it.
inline constexpr std::int64_t many_parameters = 1 << 20;

/// Bytes that are there without asking: asking the system for its limit took 100 of the 200 us of a fit of 150 rows.
inline constexpr double small_memory = 1 << 24;

/// Numbers that are drawn at once, about, and rows of a component that are multiplied with its factor together:
/// sampling is 1.6 to 2.9 times as fast as row by row, for 16 to 256 features.
inline constexpr std::int64_t drawn_at_once = 1 << 17;
inline constexpr std::int64_t drawn_tile_rows = 192;

}  // namespace gaussmix::tuning
