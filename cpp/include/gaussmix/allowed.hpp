/// Which components rows may have come from.
#pragma once

#include <cstdint>

#include "gaussmix/index.hpp"

namespace gaussmix {

/// A set of components for each row, as labels that are known in part, or other knowledge, give it: the others have no
/// part in the row, whose likelihood is then that of the row and its set, log sum_{k in set} pi_k N(x; mu_k, Sigma_k).
/// Rows carry it as they carry weights. Not copied.
struct AllowedView {
    const std::uint8_t* sets = nullptr;  ///< (n_sets, n_terms), row-major: zero where a component is ruled out
    Index n_sets = 0;
    Index n_terms = 0;  ///< K; or K + 1, of which the last is a background: with K, no row rules it out
    const std::int64_t* set_of =
        nullptr;  ///< (n_rows,): the set of each row, negative: every one; null: its own number
    Index n_rows = 0;

    explicit operator bool() const noexcept { return sets != nullptr; }
    /// Returns the set of a row, (n_terms,); null if the row may have come from all.
    const std::uint8_t* of(Index row) const noexcept {
        if (set_of == nullptr) return sets + row * n_terms;
        return set_of[row] < 0 ? nullptr : sets + set_of[row] * n_terms;
    }
};

}  // namespace gaussmix
