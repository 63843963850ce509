#include "estep/densities.hpp"

namespace gaussmix::estep {

template <class T>
Densities<T>::Densities(const whitening::Model<T>& model, Index tile_rows, const kernels::Table& table, Keeps keeps)
    : model_(model), kernels_(table.kernels<T>()), stride_(tile_rows) {
    const Index d = model.scorer->n_features;
    if (keeps == Keeps::squares && model.form->has_squares()) {
        squares_ = linalg::AlignedBuffer<T>(model.scorer->n_components * tile_rows);
        squares_.fill_zero();  // those of rows that are left out are taken times zero
    }
    work_ = linalg::AlignedBuffer<T>(model.form->work_size(d, kernels_.max_block));
    whitened_ = linalg::AlignedBuffer<T>(model.form->whitened_size(d, tile_rows));
}

template <class T>
void Densities<T>::compute(const rows::TileBuffer<T>& rows, T* out) {
    const Index n_components = model_.scorer->n_components;
    const kernels::Tile<T> tile =
        model_.form->whiten_tile(model_, kernels_, rows.tile(), work_.data(), whitened_.data());
    for (Index k = 0; k < n_components; ++k) {
        rows.announce_next(k, n_components);
        compute(tile, {}, k, out + k * tile.stride);
    }
}

template <class T>
void Densities<T>::compute(const kernels::Tile<T>& tile, kernels::Groups groups, Index k, T* out,
                           kernels::Cutoff<T> cutoff) {
    const Index n_rows = groups.first != nullptr ? groups.n * kernels::group_rows<T> : tile.n_rows;
    pace_.spend(n_rows * model_.form->flops(model_.scorer->n_features));
    T* squares = squares_.size() > 0 ? squares_.data() + k * stride_ : nullptr;
    model_.form->log_densities({model_, kernels_, tile, groups, k, cutoff, squares, work_.data(), out});
}

template class Densities<double>;
template class Densities<float>;

}  // namespace gaussmix::estep
