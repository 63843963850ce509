/// Log densities where only the best component of each row is asked for: first those of a guess, then others until they
/// are sure to be less likely.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "rows/density.hpp"
#include "rows/lists.hpp"
#include "rows/tile.hpp"

namespace gaussmix::model {

/// A guess of each row's best component, (n_rows,), and an order of the rows that has those of one guess together.
struct Guess {
    const std::int64_t* labels = nullptr;  ///< null: none
    rows::Order order = nullptr;
};

/// One worker's, tile by tile.
template <class T>
class Likeliest {
public:
    Likeliest(Index n_components, Index tile_rows)
        : labels_(static_cast<std::size_t>(tile_rows)),
          enough_(labels_.size()),
          in_group_(static_cast<std::size_t>(n_components)),
          guessed_(n_components, tile_rows / group),
          others_(guessed_) {}

    /// Takes the guesses of the n rows from position `first`, and the last one's for those that pad them to n_padded.
    void guess(const Guess& guess, Index first, Index n, Index n_padded) {
        for (Index i = 0; i < n_padded; ++i) {
            label(i) = guess.labels[rows::row_at(guess.order, first + std::min(i, n - 1))];
        }
        guessed_.clear();
        others_.clear();
        for (Index row = 0; row < n_padded; row += group) {
            std::fill(in_group_.begin(), in_group_.end(), 0);
            for (Index i = row; i < row + group; ++i) in_group_[static_cast<std::size_t>(label(i))] = 1;
            for (std::size_t k = 0; k < in_group_.size(); ++k) {
                (in_group_[k] != 0 ? guessed_ : others_).add(static_cast<Index>(k), row);
            }
        }
    }

    /// out[k * rows.stride() + i], shape (K, tile rows): of each row the largest one is its log density; each other is
    /// that, or a number between it and the largest.
    void compute(const rows::TileBuffer<T>& rows, rows::Densities<T>& densities, T* out) {
        const auto n_components = static_cast<Index>(in_group_.size());
        for (Index k = 0; k < n_components; ++k) {
            densities.compute(rows.tile(), guessed_.groups(k), k, out + k * rows.stride());
        }
        for (Index i = 0; i < rows.tile().n_rows; ++i) {
            const T value = out[label(i) * rows.stride() + i];
            enough_[static_cast<std::size_t>(i)] = value - 4 * std::numeric_limits<T>::epsilon() * std::abs(value);
        }
        constexpr T less = -1;  // so that what is left unfinished is never equal to the best
        for (Index k = 0; k < n_components; ++k) {
            rows.announce_next(k, n_components);
            densities.compute(rows.tile(), others_.groups(k), k, out + k * rows.stride(), {enough_.data(), less});
        }
    }

private:
    static constexpr Index group = kernels::group_rows<T>;

    std::int64_t& label(Index i) { return labels_[static_cast<std::size_t>(i)]; }

    std::vector<std::int64_t> labels_;  // guessed
    std::vector<T> enough_;             // hardly below the log density of that component
    std::vector<char> in_group_;        // whether a component was guessed for some row of a group
    rows::Lists guessed_;               // groups of each component
    rows::Lists others_;                // likewise, all other ones
};

}  // namespace gaussmix::model
