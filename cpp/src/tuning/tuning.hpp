/// Sizes and thresholds that were chosen by measuring time. Each says what it decides, and what that gained where it
/// was measured; times are those of x86-64 CPUs with AVX2 or AVX-512. Results are correct for any values; their last
/// bits depend on those that say so. Numbers that accuracy or the quality of a fit requires are defined where they are
/// used, and the shapes of register blocks in kernels/simd.hpp.
#pragma once

#include <chrono>
#include <cstdint>

namespace gaussmix::tuning {

// Threads and chunks of rows.

/// Floating-point operations below which one thread finishes sooner than several, which must be woken first; no chunk
/// of rows has fewer. Bits depend on it.
inline constexpr double least_flops = 4e6;

/// A thread whose team was slower than the thread alone works alone for up to this long before it tries a team again:
/// see parallel/patience.hpp.
inline constexpr std::chrono::milliseconds longest_alone{100};

/// A chunk has at least this many rows, so that clearing and merging its sums takes little time compared with computing
/// them, and twice as many before there are more than `enough_chunks`: this saved 8 % of an iteration on 100 000 rows
/// of 64 features, with 16 components. Up to `enough_chunks` chunks let threads finish together. Bits depend on all
/// three.
inline constexpr std::int64_t least_chunk_rows = 576;
inline constexpr std::int64_t enough_chunks = 64;
inline constexpr std::int64_t most_chunks = 256;

/// With `many_components`, most of which no row of a small chunk needs, clearing and merging sums takes longer than
/// that beside what is left of the pass: a chunk has so many rows for each component, but need not have more than the
/// second number. 100 000 x 10 rows, 1000 components with full covariances: 11 % of a pass was spent on 64 chunks. Bits
/// depend on both.
inline constexpr std::int64_t chunk_rows_per_component = 4;
inline constexpr std::int64_t enough_chunk_rows = 4096;

/// Beyond this many features a tile has half the rows: one component's factor and scatter nearly fill the second cache.
/// 4000 rows, 256 features: 6 % less time. Bits depend on it.
inline constexpr std::int64_t many_features = 128;

// Kernels.

/// Up to this many features, scatters are summed with rows in the vector lanes; beyond, row by row. Fits of 5 to 48
/// features took a fifth to a half less time. Bits depend on it.
inline constexpr std::int64_t few_features = 48;

/// In a tile in which at most this many rows per feature count for a component, scatters are summed row by row
/// nevertheless: 1.6 times as fast for 23 rows of 32 features, twice for 48 features. Bits depend on it.
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

// Passes.

/// Tiles that a thread keeps filled from pass to pass; rows of more tiles are read anew. 300 x 4 rows: an iteration
/// takes 8 % less time.
inline constexpr std::int64_t most_kept_tiles = 4;

/// Rows with missing values are visited by pattern, from anywhere in the matrix: while one is gathered, that so many
/// rows ahead is fetched, up to so many of its features. 100 000 x 10 in 1000 patterns: an iteration takes 6.1 ms of
/// processor time instead of 10.1.
inline constexpr std::int64_t rows_ahead = 24;
inline constexpr std::int64_t most_fetched = 128;

/// Doubles of sums, 32 MB, beyond which threads share one set of sums and take components instead of chunks, and tiles
/// whose E-step they do before each such step: a quarter less time for 3000 x 700 rows and 40 components. Bits depend
/// on both.
inline constexpr std::int64_t most_private_sums = 4 << 20;
inline constexpr std::int64_t tiles_at_once = 16;

/// Components near a centre that are needed before their sums come from the same statistics of the rows, whose squares
/// must be computed first: 1.1 to 1.2 times as fast with 16 features. Bits depend on it.
inline constexpr std::int64_t least_near = 4;

/// Share of a tile's groups up to which a component's sums near a centre are taken over its groups alone; beyond, over
/// the whole tile together with other components', as a product of matrices.
inline constexpr double most_listed = 0.5;

/// Cache lines of a row that are prefetched, where rows are not contiguous; the hardware fetches those after them.
/// Packing 64 features takes half the time.
inline constexpr std::int64_t prefetched_lines = 8;

// Pruning, see em/pruning/screening.hpp. A probe or a wrong guess costs only time, and where everything overlaps, fits
// with pruning took at most 1.5 % longer than without.

/// From this many features on, a distance under a full covariance costs much more than comparing its bound, and rows
/// are labelled during a probe: 10 000 x 40 rows with 30 components took 1.18 times as long without. Bits depend on it.
inline constexpr std::int64_t costly_features = 12;

/// From this many features on, unfinished distances save enough that the first pass is screened too, by the variances
/// alone: a default fit took 35 instead of 47 ms (10 000 x 64) and 98 instead of 148 ms (4000 x 256), but with 16
/// features only 6 % of the arithmetic would be saved.
inline constexpr std::int64_t cutting_features = 32;

/// Rows per feature below which trial factorisations, which find how bounds carry over, cost what they save.
inline constexpr std::int64_t carried_rows_per_feature = 20;

/// Rows below which pruning does not pay for its bookkeeping, 13 % of a fit of 900 x 8 with 10 components; and rows
/// that are sampled to predict what it would save.
inline constexpr std::int64_t least_pruned_rows = 1000;
inline constexpr std::int64_t sampled_rows = 512;

/// Passes until bounds have grown and rows have settled, in which rows are sorted each time: with one instead of three,
/// fits of 20 000 x 32 and 5000 x 64 took 2.9 and 2.3 times as long.
inline constexpr std::int64_t patience = 3;

/// The longest rest in passes before the next probe, and a probe looks at one tile in so many: with 3 and 1, 50 000 x
/// 10 rows with 50 components and 100 000 x 4 with 8 took 1.05 and 1.07 times as long.
inline constexpr std::int64_t longest_rest = 31;
inline constexpr std::int64_t probed_tiles = 8;

/// What sorting costs per row, in floating-point operations. Pruning depends on sorted rows: 13 instead of 20 % of the
/// pairs are evaluated for 64 features. Rows sorted after each pass cost up to 6 % of a fit, rows never sorted again up
/// to 4 %.
inline constexpr double sorting_flops = 1500;

/// Rows are sorted within blocks of this many, in two bytes per row: over all rows, 6 to 10 % fewer pairs would be
/// evaluated, but cache misses would cost more. Bits depend on it.
inline constexpr std::int64_t sorted_rows = 16384;

/// Components from which on distances of fewer features are pruned too, although one costs hardly more than looking at
/// its bound, and the share of pairs that may count then: with 0.17, eight passes were 1.2 times as fast.
inline constexpr std::int64_t many_components = 192;
inline constexpr double most_kept_of_many = 0.2;

/// From `many_components` on, rows are ordered in space before the first pass, within blocks of this many, by so many
/// features at most.
inline constexpr std::int64_t rows_in_space = 65536;
inline constexpr std::int64_t most_coordinates = 32;
/// Up to this many features that order stays, since sorting by component finds none better.
inline constexpr std::int64_t features_of_space = 4;

/// Nats that an unfinished distance goes on after its pair is known to be negligible, so that its bound lasts, and
/// rounding does not decide which pairs count.
inline constexpr int nats_beyond = 2;

/// n_components * n_features from which on the k-means of a start uses bounds: 1.2 to 3.4 times as fast above, 0.6
/// to 1.0 times below. A default fit with 500 clusters in 10 features is 1.27 times as fast.
inline constexpr std::int64_t least_bounded_work = 500;

// predict, which leaves distances unfinished: 1.2 to 1.6 times as fast for 40 to 256 features, 0.98 to 1.01 times where
// clusters overlap. With 32 features, sorting and gathering cost what it saves.

inline constexpr std::int64_t least_guessed_features = 40;
inline constexpr std::int64_t least_guessed_components = 4;
/// With fewer rows per feature, computing their variances takes as long.
inline constexpr std::int64_t guessed_rows_per_feature = 75;
/// One row in at least so many is sampled, at most `sampled_rows`, to predict the share of the arithmetic that is
/// needed; above that share everything is computed. Rows computed together wait for the slowest: so many nats more.
inline constexpr std::int64_t rows_per_sampled_row = 32;
inline constexpr double most_needed = 0.65;
inline constexpr double nats_waited = 10;

// Whole algorithms.

/// Up to this many numbers, 8 MB, k-means++ keeps the mass that each candidate leaves of every row, instead of
/// computing the distances to the chosen one again: default fits took 1 to 6 % less time.
inline constexpr std::int64_t most_kept_distances = 1 << 20;

/// Quasi-Newton steps multiply matrices of d^2 numbers by plain loops; they are taken where these numbers are at most
/// this part of d^2 for each row and component, which is what a pass does. Bits depend on it.
inline constexpr double most_step_work = 1.0 / 24;

/// Features, components, and rows per feature from which on the rows of families with shared axes are turned. Bits
/// depend on them.
inline constexpr std::int64_t turned_features = 12;
inline constexpr std::int64_t turned_components = 3;
inline constexpr std::int64_t turned_rows_per_feature = 64;

/// Numbers of a mixture beyond which L-BFGS keeps a single pair, 16 MB: the others gain little there. Bits depend on
/// it.
inline constexpr std::int64_t many_parameters = 1 << 20;

/// Up to this many bytes are assumed to be available: asking the system for its limit took 100 of the 200 us of a fit
/// of 150 rows.
inline constexpr double small_memory = 1 << 24;

/// About how many numbers are drawn at once, and how many rows of a component are multiplied with its factor together:
/// sampling is 1.6 to 2.9 times as fast as row by row, for 16 to 256 features.
inline constexpr std::int64_t drawn_at_once = 1 << 17;
inline constexpr std::int64_t drawn_tile_rows = 192;

}  // namespace gaussmix::tuning
