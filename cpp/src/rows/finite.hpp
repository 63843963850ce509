/// Data must be finite: find the first number that is not, whichever thread meets it.
#pragma once

#include <limits>
#include <mutex>

#include "gaussmix/matrix_view.hpp"
#include "kernels/table.hpp"

namespace gaussmix::rows {

/// One check of one read of a matrix. `inspect` may be called from any thread.
class FiniteCheck {
public:
    /// Whether all of the tile's first n rows, which are rows [first, first + n) of the matrix, are finite.
    bool inspect(const kernels::Tile<double>& tile, Index first, Index n, const kernels::Table& table);

    /// Throws NotFinite for the first offending number, row by row, of all that was inspected.
    void finish() const;

private:
    std::mutex mutex_;
    Index row_ = std::numeric_limits<Index>::max();
    Index feature_ = 0;
    double value_ = 0;
};

}  // namespace gaussmix::rows
