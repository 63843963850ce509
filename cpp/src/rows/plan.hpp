/// How rows are cut into chunks and tiles: by the problem's size alone, never by the number of threads.
#pragma once

#include <cstddef>

#include "gaussmix/matrix_view.hpp"

namespace gaussmix::rows {

/// Chunks are one unit of parallel work each, processed tile by tile; none has more than one tile more than another.
struct Plan {
    Index n_rows = 0;
    Index tile_rows = 0;  ///< whole row blocks of every instruction set
    Index n_tiles = 0;
    Index n_chunks = 0;   ///< at most n_tiles
    Index tile_work = 0;  ///< what is done to the rows of a tile, in flops, unless that is far too many

    Index begin(Index chunk) const noexcept { return chunk * n_tiles / n_chunks * tile_rows; }
    Index end(Index chunk) const noexcept { return chunk + 1 < n_chunks ? begin(chunk + 1) : n_rows; }
    Index chunk_of(Index row) const noexcept { return ((row / tile_rows + 1) * n_chunks - 1) / n_tiles; }
};

/// What is done to each row.
struct Work {
    double flops;
    bool quadratic;  ///< in the number of features
};

/// E-step and M-step, for covariances that are full or not.
Work em_work(Index n_components, Index n_features, bool full) noexcept;

/// The plan for n_rows > 0 rows, computed on in numbers of `number_size` bytes or wider ones.
Plan cut(Index n_rows, Index n_features, Work row, std::size_t number_size) noexcept;

}  // namespace gaussmix::rows
