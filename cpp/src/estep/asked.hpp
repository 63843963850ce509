/// The E-step of chosen pairs of a row and a component: request some, compute them, inspect them, request more.
#pragma once

#include <cstdint>
#include <vector>

#include "estep/estep.hpp"
#include "estep/lists.hpp"

namespace gaussmix::estep {

/// A set of components, one bit each.
class ComponentBits {
public:
    explicit ComponentBits(Index n_components) : bytes_(kernels::round_up(n_components, 64) / 8) {}

    std::uint8_t* data() { return bytes_.data(); }
    void clear() { std::fill(bytes_.begin(), bytes_.end(), std::uint8_t{0}); }
    void add(Index k) {
        std::uint8_t& byte = bytes_[k / 8];
        byte = static_cast<std::uint8_t>(byte | 1U << (k % 8));
    }
    bool has(Index k) const { return (bytes_[k / 8] >> (k % 8) & 1U) != 0; }

    /// Becomes the set of the labels of n > 0 rows, equal ones mostly adjacent.
    template <class Label>
    void assign(const Label* labels, Index n) {
        clear();
        add(labels[0]);
        for (Index i = 1; i < n; ++i) {
            if (labels[i] != labels[i - 1]) add(labels[i]);
        }
    }

    /// Calls use(k) for each component, in ascending order.
    template <class Use>
    void for_each(Use use) const {
        for (std::size_t at = 0; at < bytes_.size(); at += 8) {
            std::uint64_t word = 0;
            for (std::size_t i = 0; i < 8; ++i) word |= std::uint64_t{bytes_[at + i]} << (8 * i);
            for (; word != 0; word &= word - 1) use(static_cast<Index>(8 * at) + __builtin_ctzll(word));
        }
    }

private:
    std::vector<std::uint8_t> bytes_;
};

/// One worker's log densities of chosen pairs.
template <class T>
class AskedDensities {
public:
    AskedDensities(const whitening::Model<T>& model, Index tile_rows, const kernels::Table& table,
                   Keeps keeps = Keeps::nothing)
        : densities_(model, tile_rows, table, keeps),
          asked_(model.scorer->n_components, tile_rows / kernels::group_rows<T>),
          n_components_(model.scorer->n_components) {}

    /// Asks for component k of the group of rows that starts at row `row` of the tile; groups are asked for in order.
    void ask(Index row, Index k) { asked_.add(k, row); }

    /// Computes what was asked for, component by component, into out[k * rows.stride() + i]. Distances may stay
    /// unfinished once a log density is below `best` + floor(k); if best is null, none does.
    template <class Floor>
    void compute(const rows::TileBuffer<T>& rows, T* out, const T* best, Floor floor) {
        for (Index k = 0; k < n_components_; ++k) {
            const kernels::Groups groups = asked_.groups(k);
            if (groups.n == 0) continue;
            densities_.compute(rows.tile(), groups, k, out + k * rows.stride(), {best, floor(k)});
        }
        asked_.clear();
    }

    /// Computes the log densities of all pairs instead.
    void compute_all(const rows::TileBuffer<T>& rows, T* out) { densities_.compute(rows, out); }

    const T* squares(Index k) const noexcept { return densities_.squares(k); }

private:
    Densities<T> densities_;
    Lists asked_;  // groups of each component
    Index n_components_;
};

}  // namespace gaussmix::estep
