/// A walk through a packed factor.
#pragma once

#include <algorithm>

#include "gaussmix/matrix_view.hpp"
#include "kernels/layout.hpp"

namespace gaussmix::whitening {

/// Calls use(row, n, column, at) for each panel of a packed factor, which has its rows [row, row + n), and each of its
/// columns: these entries are contiguous, starting at `at`.
template <class Use>
void for_each_panel_column(Index d, Use use) {
    for (Index row = 0; row < d; row += kernels::panel) {
        const Index n = std::min(kernels::panel, d - row);
        for (Index column = 0; column < row + n; ++column) {
            use(row, n, column, kernels::packed_factor_index(row, column));
        }
    }
}

}  // namespace gaussmix::whitening
