/// How rows are cut into chunks and tiles: by the problem's size alone, never by the number of threads.
#pragma once

#include <cstddef>

#include "gaussmix/matrix_view.hpp"

namespace gaussmix::rows {

/// Rows [chunk * chunk_rows, ...) of each chunk are one unit of parallel work, processed tile by tile.
struct Plan {
    Index n_rows = 0;
    Index tile_rows = 0;   ///< whole row blocks of every instruction set
    Index chunk_rows = 0;  ///< a multiple of tile_rows
    Index n_chunks = 0;
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
