/// Log densities of only those pairs of a tile's rows that may count: the likeliest components first, then those that
/// bounds do not rule out.
#pragma once

#include <vector>

#include "em/pruning/screening.hpp"
#include "estep/asked.hpp"

namespace gaussmix::em {

/// One worker's densities. A pair may count if the component is at most `allowances[k]` below the row's best one.
template <class T>
class PrunedDensities {
public:
    PrunedDensities(const whitening::Model<T>& model, std::vector<T> allowances, Index tile_rows,
                    const kernels::Table& table, Screening& screening, estep::Keeps keeps = estep::Keeps::nothing);

    /// Computes r[k * stride + i] of all components for a tile whose n rows are at positions from `first` on; records
    /// bounds if `records`.
    void compute_all(const rows::TileBuffer<T>& rows, Index first, Index n, T* r, bool records);

    /// Computes those that may count for any row of a group, `of(group)`, using and renewing the bounds.
    void compute_some(const rows::TileBuffer<T>& rows, Index first, Index n, T* r);

    kernels::Components of(Index group) const {
        return computes_all_ ? kernels::Components{nullptr, n_components_} : needed_.components(group);
    }
    const T* constants() const noexcept { return constants_.data(); }
    const T* allowances() const noexcept { return allowances_.data(); }
    const T* squares(Index k) const noexcept { return densities_.squares(k); }

    /// Returns the number of groups of n rows.
    Index n_groups(Index n) const noexcept { return (n + group_ - 1) / group_; }
    /// Returns the number of pairs with the first n rows that were computed.
    Index n_evaluated(Index n) const;

private:
    void ask_likely(Index first, Index g);
    void screen(const rows::TileBuffer<T>& rows, Index first, Index g, const T* r);
    void record(const rows::TileBuffer<T>& rows, Index first, Index g, const T* r);
    void ask(Index g, Index k);
    void compute_asked(const rows::TileBuffer<T>& rows, T* r, const T* best);

    const kernels::Table& table_;
    const kernels::Kernels<T>& kernels_;
    Screening& screening_;
    Index n_components_;
    Index group_;
    double largest_constant_;
    bool computes_all_ = false;  // of the last tile
    estep::AskedDensities<T> densities_;
    estep::Lists likely_;  // components of each group
    estep::Lists needed_;  // likewise, in ascending order
    estep::ComponentBits bits_;
    std::vector<T> best_;
    std::vector<T> constants_;
    std::vector<T> allowances_;
    std::vector<float> reach_;
};

extern template class PrunedDensities<double>;
extern template class PrunedDensities<float>;

}  // namespace gaussmix::em
