/// The M-step's sums: weight, first moment and scatter of a tile's rows about one component's reference point.
#pragma once

#include "kernels/scatter_columns.hpp"
#include "kernels/scatter_gathered.hpp"

namespace {

template <class T>
void scatter_full(const Tile<T>& tile, Groups groups, Point<T> mean, const T* r, double* weight, double* first,
                  double* scatter, T* scratch) noexcept {
    if (groups.first == nullptr) {
        switch (tile.n_features) {
            case 1: return scatter_small<1>(tile, mean, r, weight, first, scatter);
            case 2: return scatter_small<2>(tile, mean, r, weight, first, scatter);
            case 3: return scatter_small<3>(tile, mean, r, weight, first, scatter);
            case 4: return scatter_small<4>(tile, mean, r, weight, first, scatter);
            default: break;
        }
    }
    if (tile.n_features <= gaussmix::kernels::few_features) {
        scatter_columns(tile, groups, mean, r, weight, first, scatter, scratch);
    } else {
        scatter_gathered(tile, groups, mean, r, weight, first, scatter, scratch);
    }
}

}  // namespace
