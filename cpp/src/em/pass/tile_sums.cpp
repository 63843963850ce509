#include "em/pass/tile_sums.hpp"

#include <algorithm>
#include <numeric>
#include <type_traits>

#include "kernels/layout.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::em {
namespace {

/// Returns whether the groups of a component are so few that each is summed by itself.
template <class T>
bool is_sparse(const estep::Tile<T>& tile, kernels::Groups groups) {
    return groups.first != nullptr && static_cast<double>(groups.n * kernels::group_rows<T>) <
                                          tuning::most_listed * static_cast<double>(tile.rows().tile().n_rows);
}

/// Zeroes the responsibilities of component k outside of some groups, for the kernel that reads whole tiles.
template <class T>
void clear_outside(estep::Tile<T>& tile, Index k, kernels::Groups groups) {
    if (groups.first == nullptr) return;
    T* r = tile.values(k);
    Index end = 0;
    for (Index g = 0; g < groups.n; ++g) {
        std::fill(r + end, r + groups.first[g], T(0));
        end = groups.first[g] + kernels::group_rows<T>;
    }
    std::fill(r + end, r + tile.rows().tile().n_rows, T(0));
}

}  // namespace

template <class T>
T* Scratch::of(Index size) {
    auto& buffer = [this]() -> auto& {
        if constexpr (std::is_same_v<T, double>) {
            return wide_;
        } else {
            return narrow_;
        }
    }();
    if (static_cast<Index>(buffer.size()) < size) buffer = linalg::AlignedBuffer<T>(size);
    return buffer.data();
}

TileSums::TileSums(const rows::Data& rows, const SumsLayout& layout, const std::vector<double>& reference,
                   const estep::Models* models)
    : rows_(rows),
      layout_(layout),
      table_(rows.context.table),
      about_own_means_(models != nullptr && &reference == &models->scorer().means),
      wide_(reference, layout) {
    if (models != nullptr && models->has_narrow()) narrow_.emplace(reference, layout);
}

template <class T>
const TileSums::Points<T>& TileSums::points() const noexcept {
    if constexpr (std::is_same_v<T, double>) {
        return wide_;
    } else {
        return *narrow_;
    }
}

template <class T>
void TileSums::add_rows(estep::Tile<T>& tile, Sums& all, Scratch& scratch) const {
    double* sums = all.shared();
    const Index n_rows = tile.rows().tile().n_rows;
    const double* weights = this->weights(tile, scratch);
    const double weight = rows_.weights ? table_.sum(weights, n_rows) : static_cast<double>(tile.n());
    sums[layout_.total_weight] += weight;
    sums[layout_.log_likelihood] += table_.kernels<T>().log_likelihood(weights, tile.sums(), n_rows);
    sums[layout_.log_likelihood] += tile.base() * weight;
    if (layout_.has_background) {
        const T* responsibilities = tile.values(layout_.n_components);
        sums[layout_.background] =
            std::accumulate(responsibilities, responsibilities + tile.n(), sums[layout_.background]);
    }
    if (layout_.pools_about_centre()) {
        table_.kernels<T>().scatter_full(tile.rows().tile(), {}, points<T>().centre[0], tile.rows().weights(),
                                         sums + layout_.centre_first + layout_.width, sums + layout_.centre_first,
                                         sums + layout_.scatter, work(tile, scratch));
    }
}

template <class T>
void TileSums::add_components(estep::Tile<T>& tile, Index begin, Index end, Sums& all, Scratch& scratch) const {
    const kernels::Tile<T>& rows = tile.rows().tile();
    std::int32_t near[components_together];
    Index n_near = 0;
    for (Index k = begin; k < end; ++k) {
        const kernels::Groups groups = tile.groups(k);
        if (groups.none()) continue;
        double* sums = all.with(k, layout_);
        if (!layout_.is_near(k)) {
            add_component(tile, k, sums, scratch);
        } else if (is_sparse(tile, groups)) {
            table_.kernels<T>().weighted_sums_of_groups(rows, groups, tile.values(k), layout_.n_statistics(),
                                                        sums + layout_.first_of(k));
        } else {
            clear_outside(tile, k, groups);
            near[n_near++] = static_cast<std::int32_t>(k);
        }
    }
    if (n_near == 0) return;
    table_.kernels<T>().weighted_sums(tile.values(0), {near, n_near}, rows.statistics, layout_.n_statistics(),
                                      rows.stride, rows.n_rows, all.shared() + layout_.first, layout_.width);
}

template <class T>
void TileSums::add_component(const estep::Tile<T>& tile, Index k, double* sums, Scratch& scratch) const {
    const scatter::Form& form = layout_.pools_about_centre() ? scatter::none : *layout_.form;
    const T* squared = form.needs_squares() ? squares(tile, k, scratch) : nullptr;
    T* room = form.is_triangular() ? work(tile, scratch) : nullptr;
    form.add_rows(scatter::Job<T>{table_.kernels<T>(), tile.rows().tile(), tile.groups(k), points<T>().reference[k],
                                  tile.values(k), squared, room, sums + layout_.weight_of(k),
                                  sums + layout_.first_of(k), sums + layout_.scatter_of(k)});
}

/// Returns || x_i - reference_k ||^2, from the E-step if it used the same points.
template <class T>
const T* TileSums::squares(const estep::Tile<T>& tile, Index k, Scratch& scratch) const {
    const T* known = about_own_means_ ? tile.squares(k) : nullptr;
    if (known != nullptr) return known;
    T* squares = work(tile, scratch);
    table_.kernels<T>().log_density_scalar(tile.rows().tile(), tile.groups(k), points<T>().reference[k], 1, 0, squares,
                                           squares + tile.rows().stride());
    return squares;
}

template <class T>
T* TileSums::work(const estep::Tile<T>& tile, Scratch& scratch) const {
    const Index tile_rows = tile.rows().stride();
    return scratch.of<T>(layout_.triangular() ? kernels::scatter_scratch(tile_rows, layout_.n_features)
                                              : 2 * tile_rows);
}

/// Returns the weights of the tile's rows as given.
template <class T>
const double* TileSums::weights(const estep::Tile<T>& tile, Scratch& scratch) const {
    if constexpr (std::is_same_v<T, double>) {
        return tile.rows().weights();
    } else {
        const Index n_rows = tile.rows().tile().n_rows;
        auto* weights = scratch.of<double>(tile.rows().stride());
        std::fill(weights, weights + n_rows, 0.0);
        if (rows_.weights) {
            for (Index i = 0; i < tile.n(); ++i) {
                weights[i] = rows_.weights.data[rows::row_at(rows_.order, tile.first() + i)];
            }
        } else {
            std::fill_n(weights, tile.n(), 1.0);
        }
        return weights;
    }
}

template void TileSums::add_rows(estep::Tile<double>&, Sums&, Scratch&) const;
template void TileSums::add_rows(estep::Tile<float>&, Sums&, Scratch&) const;
template void TileSums::add_components(estep::Tile<double>&, Index, Index, Sums&, Scratch&) const;
template void TileSums::add_components(estep::Tile<float>&, Index, Index, Sums&, Scratch&) const;

}  // namespace gaussmix::em
