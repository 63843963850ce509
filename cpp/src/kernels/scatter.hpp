/// The M-step's sums: weight, first moment and scatter of a tile's rows about one component's reference point.
#pragma once

#include "kernels/scatter_columns.hpp"
#include "kernels/scatter_gathered.hpp"
#include "tuning/tuning.hpp"

namespace {

/// Returns which way is faster. Sums in the lanes of rows must be folded, which does not pay for few rows.
inline bool gathers(std::int64_t n_features, std::int64_t n_rows) {
    return n_features > gaussmix::tuning::few_features ||
           n_rows <= gaussmix::tuning::gathered_rows_per_feature * n_features;
}

template <class T>
void scatter_full(const Tile<T>& tile, Groups groups, Point<T> mean, const T* r, double* weight, double* first,
                  double* scatter, T* scratch) noexcept {
    if (tile.n_features <= panel) {
        return for_summands(tile, groups, r, [=](const auto& rows) {
            switch (rows.tile.n_features) {
                case 1: return scatter_small<1>(rows, mean, weight, first, scatter);
                case 2: return scatter_small<2>(rows, mean, weight, first, scatter);
                case 3: return scatter_small<3>(rows, mean, weight, first, scatter);
                default: return scatter_small<4>(rows, mean, weight, first, scatter);
            }
        });
    }
    const CountingGroups<T> counting = index_groups(r, tile.n_rows, groups, reinterpret_cast<std::int32_t*>(scratch));
    if (counting.groups.n == 0) return;
    *weight += static_cast<double>(counting.sum);
    T* rest = scratch + tile.n_rows;
    if (gathers(tile.n_features, counting.n_rows)) {
        scatter_gathered(tile, counting.groups, mean, r, first, scatter, rest);
    } else {
        scatter_columns(tile, counting, mean, r, first, scatter, rest);
    }
}

}  // namespace
