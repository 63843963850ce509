/// The E-step's first half: log pi_k N(x_i; mu_k, Sigma_k) for a tile of rows and every component, computed in T.
#pragma once

#include <cstdint>
#include <memory>

#include "estep/expectation.hpp"
#include "kernels/table.hpp"
#include "linalg/aligned.hpp"
#include "parallel/parallel.hpp"
#include "rows/tile.hpp"
#include "whitening/model.hpp"

namespace gaussmix::estep {

/// What is kept of distances besides log densities.
enum class Keeps { nothing, squares };

/// One worker's storage for the distances of one tile.
template <class T>
class Densities {
public:
    Densities(const whitening::Model<T>& model, Index tile_rows, const kernels::Table& table,
              Keeps keeps = Keeps::nothing);

    /// out[k * rows.stride() + i], shape (K, tile rows): the log densities less `model.base`. On the way the rows of
    /// the next tile are brought near.
    void compute(const rows::TileBuffer<T>& rows, T* out);

    /// Those of component k for some groups of rows; not where the form whitens tiles, and a cutoff only where it can
    /// cut.
    void compute(const kernels::Tile<T>& tile, kernels::Groups groups, Index k, T* out, kernels::Cutoff<T> cutoff = {});

    /// || x_i - mean_k ||^2 of the tile last computed, where they are kept and the whitening is scalar; else null.
    const T* squares(Index k) const noexcept { return squares_.size() > 0 ? squares_.data() + k * stride_ : nullptr; }

private:
    const whitening::Model<T>& model_;
    const kernels::Kernels<T>& kernels_;
    linalg::AlignedBuffer<T> work_;
    linalg::AlignedBuffer<T> whitened_;
    linalg::AlignedBuffer<T> squares_;
    Index stride_;
    parallel::Pace pace_;
};

extern template class Densities<double>;
extern template class Densities<float>;

/// Which components the rows may have come from: a byte for each pair, (n_rows, K), zero where that is ruled out.
struct Allowed {
    const std::uint8_t* pairs = nullptr;  ///< null: all; else at least one for each row of weight
    rows::Order order = nullptr;          ///< of the walk
};

/// The expectation that computes every pair under a model, which must outlive it.
template <class T>
std::unique_ptr<Expectation<T>> dense(const whitening::Model<T>& model, Finish finish, Index tile_rows,
                                      const kernels::Table& table, Keeps keeps = Keeps::nothing, Allowed allowed = {});

}  // namespace gaussmix::estep
