/// The E-step's first half: log pi_k N(x_i; mu_k, Sigma_k) for a tile of rows and every component.
#pragma once

#include "gaussmix/scorer.hpp"
#include "kernels/table.hpp"
#include "linalg/aligned.hpp"

namespace gaussmix::rows {

/// One worker's storage for the distances of one tile.
class Densities {
public:
    Densities() = default;
    Densities(const Scorer& scorer, Index tile_rows, const kernels::Table& table);

    /// out[k * tile.stride + i], shape (K, tile rows).
    void compute(const kernels::Tile& tile, const Scorer& scorer, double* out);

private:
    const kernels::Table* table_ = nullptr;
    linalg::AlignedBuffer centred_;
    linalg::AlignedBuffer whitened_;
};

}  // namespace gaussmix::rows
