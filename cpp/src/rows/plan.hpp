/// How rows are cut into chunks and tiles: by the size of the problem, never by the number of threads.
#pragma once

#include <cstddef>

#include "gaussmix/matrix_view.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::rows {

/// A chunk is one unit of parallel work, processed tile by tile; no chunk has more than one tile more than another.
struct Plan {
    Index n_rows = 0;
    Index tile_rows = 0;  ///< whole row blocks of every instruction set
    Index n_tiles = 0;
    Index n_chunks = 0;   ///< at most n_tiles
    Index tile_work = 0;  ///< flops per tile, capped

    Index begin(Index chunk) const noexcept { return chunk * n_tiles / n_chunks * tile_rows; }
    Index end(Index chunk) const noexcept { return chunk + 1 < n_chunks ? begin(chunk + 1) : n_rows; }
    Index chunk_of(Index row) const noexcept { return ((row / tile_rows + 1) * n_chunks - 1) / n_tiles; }
};

/// The work per row.
struct Work {
    double flops;
    bool quadratic;                               ///< in the number of features
    Index chunk_rows = tuning::least_chunk_rows;  ///< the least of a chunk
};

/// Returns the work of an E-step and M-step, for full covariances or others.
Work em_work(Index n_components, Index n_features, bool full) noexcept;

/// Returns the plan for n_rows > 0 rows, processed in numbers of `number_size` bytes or more.
Plan cut(Index n_rows, Index n_features, Work row, std::size_t number_size) noexcept;

}  // namespace gaussmix::rows
