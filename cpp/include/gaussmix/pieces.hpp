/// Rows that are not all in memory at once.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "gaussmix/matrix_view.hpp"

namespace gaussmix {

/// Some of the rows, with their weights; possibly none.
struct Piece {
    MatrixView x;
    WeightsView sample_weight = {};
};

/// Returns piece number i, counted from 0, or nothing after the last one. It is called for all pieces in order, once
/// per pass, and must return the same rows each time. The memory behind a view must stay until the next call.
using Pieces = std::function<std::optional<Piece>(Index i)>;

/// Keeps what each visit to the pieces gave: their summary, the sample, the moments of each iteration. A fit with the
/// records of an earlier one of the same rows and options takes them instead of visiting, up to the same bits, and goes
/// on from there; max_iter may differ.
struct Journal {
    std::function<std::optional<std::vector<std::uint8_t>>()> read;  ///< the next record, or nothing after the last one
    std::function<void(const std::vector<std::uint8_t>&)> write;     ///< keeps one more
};

}  // namespace gaussmix
