/// How a worker finds what the E-step asks of a tile: log densities first, then what follows of them.
#pragma once

#include <memory>

#include "kernels/table.hpp"
#include "rows/tile.hpp"

namespace gaussmix::estep {

/// What becomes of the log densities of a tile.
enum class Finish {
    responsibilities,  ///< weight_i p(k | x_i), zero where that is negligible
    probabilities,     ///< the same, none left out
    assignments,       ///< a row's whole weight for its best component
    best,              ///< they stay; the best component of each row is found
    nothing,           ///< they stay
};

/// Where an expectation writes what it finds of a tile's rows, padding included.
template <class T>
struct Findings {
    T* values;                 ///< [k * stride + i], shape (K, tile rows): as `Finish` says
    kernels::LogSums<T> sums;  ///< log density of row i less the base, in two parts; zero without a model
    T* owner;                  ///< the first best component of row i, of `Finish::best` alone
};

/// One worker's E-step in T.
template <class T>
class Expectation {
public:
    virtual ~Expectation() = default;

    /// `first` and `n` say which rows of the matrix the tile's first n rows are; the rest is padding of weight zero.
    virtual void find(const rows::TileBuffer<T>& rows, Index first, Index n, const Findings<T>& out) = 0;

    /// What log densities are given less: the `base` of the model.
    virtual double base() const noexcept { return 0; }

    /// || x_i - mean_k ||^2 of the tile just seen, where they were a step on the way, else null.
    virtual const T* squares(Index) const noexcept { return nullptr; }

    /// The only groups of rows where the values of component k are written, and may be other than zero.
    virtual kernels::Groups groups(Index) const noexcept { return {}; }
};

}  // namespace gaussmix::estep
