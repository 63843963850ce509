/// The E-step's first half: log pi_k N(x_i; mu_k, Sigma_k) for a tile of rows and every term, computed in T.
#pragma once

#include <cstdint>
#include <memory>

#include "estep/expectation.hpp"
#include "gaussmix/allowed.hpp"
#include "kernels/table.hpp"
#include "linalg/aligned.hpp"
#include "parallel/parallel.hpp"
#include "rows/tile.hpp"
#include "whitening/model.hpp"

namespace gaussmix::estep {

/// What is kept besides log densities.
enum class Keeps { nothing, squares };

/// One worker's storage for the distances of one tile.
template <class T>
class Densities {
public:
    Densities(const whitening::Model<T>& model, Index tile_rows, const kernels::Table& table,
              Keeps keeps = Keeps::nothing);

    /// Writes out[k * rows.stride() + i], (n_terms, tile rows): the log densities minus `model.base`. Prefetches the
    /// rows of the next tile meanwhile.
    void compute(const rows::TileBuffer<T>& rows, T* out);

    /// Writes those of component k for some groups of rows. Not available if the form whitens tiles; a cutoff only
    /// where the form can cut.
    void compute(const kernels::Tile<T>& tile, kernels::Groups groups, Index k, T* out, kernels::Cutoff<T> cutoff = {});

    /// Returns || x_i - mean_k ||^2 of the last tile, if they are kept and the whitening is scalar; else null.
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

/// The components that rows may have come from, and the order in which a walk visits these rows.
struct Allowed {
    AllowedView view;
    rows::Order order = nullptr;
};

/// Makes the expectation that computes every pair under a model, which must outlive it.
template <class T>
std::unique_ptr<Expectation<T>> dense(const whitening::Model<T>& model, Finish finish, Index tile_rows,
                                      const kernels::Table& table, Keeps keeps = Keeps::nothing, Allowed allowed = {});

}  // namespace gaussmix::estep
