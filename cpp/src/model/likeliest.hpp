/// The best component of each row: computes log densities of a guess first, then of others until they surely are less
/// likely.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "estep/asked.hpp"
#include "estep/expectation.hpp"

namespace gaussmix::model {

/// A guess of each row's best component, (n_rows,), and an order of the rows that puts equal guesses together.
struct Guess {
    const std::int64_t* labels;
    rows::Order order;
};

/// One worker's expectation. The largest value of a row is its log density; each other value is its log density, or a
/// number between that and the largest.
template <class T>
class Likeliest final : public estep::Expectation<T> {
public:
    Likeliest(const whitening::Model<T>& model, const Guess& guess, Index tile_rows, const kernels::Table& table)
        : kernels_(table.kernels<T>()),
          guess_(guess),
          n_components_(model.scorer->n_components),
          labels_(tile_rows),
          enough_(labels_.size()),
          guessed_(n_components_),
          densities_(model, tile_rows, table) {}

    void find(const rows::TileBuffer<T>& rows, Index first, Index n, const estep::Findings<T>& out) override {
        const Index n_rows = rows.tile().n_rows;
        take_guesses(first, n, n_rows);
        ask(n_rows, [](bool is_guessed) { return is_guessed; });
        densities_.compute(rows, out.values, nullptr, [](Index) { return T(0); });
        for (Index i = 0; i < n_rows; ++i) {
            const T value = out.values[label(i) * rows.stride() + i];
            enough_[i] = value - 4 * std::numeric_limits<T>::epsilon() * std::abs(value);
        }
        ask(n_rows, [](bool is_guessed) { return !is_guessed; });
        constexpr T less = -1;  // so that an unfinished one is never equal to the best
        densities_.compute(rows, out.values, enough_.data(), [](Index) { return less; });
        kernels_.top(out.values, n_rows, {nullptr, n_components_}, rows.stride(), out.sums.best, out.owner);
    }

private:
    static constexpr Index group = kernels::group_rows<T>;

    std::int64_t& label(Index i) { return labels_[i]; }

    /// Loads the guesses of the n rows from position `first`, and repeats the last one for padding rows.
    void take_guesses(Index first, Index n, Index n_rows) {
        for (Index i = 0; i < n_rows; ++i) {
            label(i) = guess_.labels[rows::row_at(guess_.order, first + std::min(i, n - 1))];
        }
    }

    /// Asks for the components that were guessed for some row of each group, or for the others.
    template <class Wants>
    void ask(Index n_rows, Wants wants) {
        for (Index row = 0; row < n_rows; row += group) {
            guessed_.assign(&label(row), group);
            for (Index k = 0; k < n_components_; ++k) {
                if (wants(guessed_.has(k))) densities_.ask(row, k);
            }
        }
    }

    const kernels::Kernels<T>& kernels_;
    Guess guess_;
    Index n_components_;
    std::vector<std::int64_t> labels_;  // guessed
    std::vector<T> enough_;             // just below the log density of that component
    estep::ComponentBits guessed_;      // for some row of a group
    estep::AskedDensities<T> densities_;
};

}  // namespace gaussmix::model
