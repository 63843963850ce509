/// Rows that are not all in memory at once.
#pragma once

#include <functional>
#include <optional>

#include "gaussmix/matrix_view.hpp"

namespace gaussmix {

/// Some of the rows, with their weights. There may be none.
struct Piece {
    MatrixView x;
    WeightsView sample_weight = {};
};

/// Returns piece number i, counted from 0, or nothing after the last one. It is asked for all of them in order, once a
/// pass, and gives the same rows each time. What a view shows must stay until the next call.
using Pieces = std::function<std::optional<Piece>(Index i)>;

}  // namespace gaussmix
