#include "rows/density.hpp"

#include "kernels/layout.hpp"

namespace gaussmix::rows {

Densities::Densities(const Scorer& scorer, Index tile_rows, const kernels::Table& table) : table_(&table) {
    const Index d = scorer.n_features;
    if (scorer.whitening != Whitening::diagonal) {
        centred_ =
            linalg::AlignedBuffer(static_cast<std::size_t>(kernels::round_up(d, kernels::panel) * table.max_block));
    }
    if (scorer.whitening == Whitening::shared) {
        whitened_ = linalg::AlignedBuffer(static_cast<std::size_t>(d * tile_rows));
    }
}

void Densities::compute(const kernels::Tile& tile, const Scorer& scorer, double* out) {
    const Index d = scorer.n_features;
    kernels::Tile whitened = tile;
    if (scorer.whitening == Whitening::shared) {
        table_->whiten(tile, scorer.centre.data(), scorer.factors.data(), centred_.data(), whitened_.data());
        whitened.columns = whitened_.data();
    }
    for (Index k = 0; k < scorer.n_components; ++k) {
        const double constant = scorer.log_constants[static_cast<std::size_t>(k)];
        double* log_density = out + k * tile.stride;
        switch (scorer.whitening) {
            case Whitening::full:
                table_->log_density_full(tile, scorer.means.data() + k * d,
                                         scorer.factors.data() + k * kernels::packed_factor_size(d), constant,
                                         centred_.data(), log_density);
                break;
            case Whitening::shared:
                table_->log_density_unit(whitened, scorer.whitened_means.data() + k * d, constant, log_density);
                break;
            case Whitening::diagonal:
                table_->log_density_diagonal(tile, scorer.means.data() + k * d, scorer.factors.data() + k * d, constant,
                                             log_density);
                break;
        }
    }
}

}  // namespace gaussmix::rows
