/// The components that rows may have come from: checks, and the densities of those that are ruled out.
#pragma once

#include <limits>

#include "gaussmix/allowed.hpp"

namespace gaussmix::rows {

/// Throws Error(invalid_argument), naming a row, unless each of n_rows rows has a set, and no set is empty.
void check(const AllowedView& allowed, Index n_rows);

/// Throws Error(invalid_argument) unless the sets are of mixtures of n_components, with or without a background.
void check_terms(const AllowedView& allowed, Index n_components, bool has_background);

/// Gives a row no density in the terms that are ruled out for it; values[k * stride] is that of term k, of n_terms. If
/// no other term has any weight, as where a component lost all its rows, the row counts as one without a set.
template <class T>
void rule_out(const AllowedView& allowed, Index row, Index n_terms, Index stride, T* values) {
    constexpr T never = -std::numeric_limits<T>::infinity();
    const std::uint8_t* may = allowed.of(row);
    if (may == nullptr) return;
    bool any = n_terms > allowed.n_terms;
    const Index n = n_terms < allowed.n_terms ? n_terms : allowed.n_terms;
    for (Index k = 0; k < n; ++k) any = any || (may[k] != 0 && values[k * stride] > never);
    if (!any) return;
    for (Index k = 0; k < n; ++k) {
        if (may[k] == 0) values[k * stride] = never;
    }
}

}  // namespace gaussmix::rows
