/// The check that data are finite: finds the first number that is not, whichever thread reads it.
#pragma once

#include <limits>
#include <mutex>

#include "gaussmix/matrix_view.hpp"
#include "kernels/table.hpp"

namespace gaussmix::rows {

/// The check for one reading of a matrix. `inspect` may be called from any thread.
class FiniteCheck {
public:
    /// Returns whether the first n rows of the tile, rows [first, first + n) of the matrix, are finite.
    bool inspect(const kernels::Tile<double>& tile, Index first, Index n, const kernels::Table& table);

    /// Throws NotFinite for the first number, in row-major order, that `inspect` found not to be finite.
    void finish() const;

private:
    std::mutex mutex_;
    Index row_ = std::numeric_limits<Index>::max();
    Index feature_ = 0;
    double value_ = 0;
};

}  // namespace gaussmix::rows
