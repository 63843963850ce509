/// How a worker computes the E-step of a tile: log densities first, then what follows from them.
#pragma once

#include <memory>

#include "kernels/table.hpp"
#include "rows/tile.hpp"

namespace gaussmix::estep {

/// What is computed from the log-densities of a tile.
enum class Finish {
    responsibilities,  ///< weight_i p(k | x_i), zero where that is negligible
    probabilities,     ///< the same, including negligible ones
    assignments,       ///< the whole weight of a row for its best component
    best,              ///< log densities, and the best component of each row
    nothing,           ///< log densities
};

/// Where an expectation writes its results for a tile's rows, padding included.
template <class T>
struct Findings {
    T* values;                 ///< [k * stride + i], shape (K, tile rows): as `Finish` says
    kernels::LogSums<T> sums;  ///< log density of row i minus the base, in two parts; zero without a model
    T* owner;                  ///< the first best component of row i, only for `Finish::best`
};

/// One worker's E-step in T.
template <class T>
class Expectation {
public:
    virtual ~Expectation() = default;

    /// Computes the tile whose first n rows are rows [first, first + n) of the matrix; the others are padding of weight
    /// zero.
    virtual void find(const rows::TileBuffer<T>& rows, Index first, Index n, const Findings<T>& out) = 0;

    /// Returns what is subtracted from log densities: the `base` of the model.
    virtual double base() const noexcept { return 0; }

    /// Returns || x_i - mean_k ||^2 of the last tile, if they were computed on the way, else null.
    virtual const T* squares(Index) const noexcept { return nullptr; }

    /// Returns the groups of rows in which the values of component k were written, and may be nonzero.
    virtual kernels::Groups groups(Index) const noexcept { return {}; }
};

}  // namespace gaussmix::estep
