/// The regressions of the components on the features of rows, averaged by the shares that these have: rows in the
/// lanes.
#pragma once

#include "kernels/simd.hpp"
#include "kernels/table.hpp"

namespace {

/// Does so for N vectors of rows from row i.
template <int N>
inline void average_some(const gaussmix::kernels::Tile<double>& tile, const double* shares,
                         const gaussmix::kernels::Regressions& lines, std::int64_t i, double* out) noexcept {
    constexpr int w = width<double>;
    const std::int64_t g = tile.n_features;
    const std::int64_t m = lines.n_targets;
    Vec<double> total[N] = {};
    for (std::int64_t k = 0; k < lines.n_components; ++k) {
        const double* centre = lines.centres + k * g;
        const double* slopes = lines.slopes + k * lines.slope_stride;
        Vec<double> share[N];
        for (int v = 0; v < N; ++v) {
            share[v] = load(shares + k * tile.stride + i + v * w);
            total[v] += share[v];
        }
        for (std::int64_t t = 0; t < m; ++t) {
            Vec<double> value[N];
            for (int v = 0; v < N; ++v) value[v] = broadcast(lines.means[k * m + t]);
            for (std::int64_t j = 0; j < g; ++j) {
                const double* x = tile.columns + j * tile.stride + i;
                const Vec<double> mean = broadcast(centre[j]);
                const Vec<double> slope = broadcast(slopes[j * m + t]);
                for (int v = 0; v < N; ++v) value[v] = fma(slope, load(x + v * w) - mean, value[v]);
            }
            double* to = out + t * tile.stride + i;
            for (int v = 0; v < N; ++v) {
                // Far rows overflow the values of components that have no part in them.
                const Vec<double> own = select(share[v] == Vec<double>{}, Vec<double>{}, value[v]);
                const Vec<double> sum = k == 0 ? Vec<double>{} : load(to + v * w);
                store(to + v * w, fma(share[v], own, sum));
            }
        }
    }
    for (std::int64_t t = 0; t < m; ++t) {
        double* to = out + t * tile.stride + i;
        for (int v = 0; v < N; ++v) store(to + v * w, load(to + v * w) / total[v]);
    }
}

/// Table::average_regressions.
inline void average_regressions(const gaussmix::kernels::Tile<double>& tile, const double* shares,
                                const gaussmix::kernels::Regressions& lines, double* out) noexcept {
    constexpr int many = vectors_per_virtual == 1 ? row_vectors : vectors_per_virtual;  // sums at once hide latencies
    constexpr std::int64_t rows = many * width<double>;
    std::int64_t i = 0;
    for (; i + rows <= tile.n_rows; i += rows) average_some<many>(tile, shares, lines, i, out);
    for (; i < tile.n_rows; i += virtual_width<double>) {
        average_some<vectors_per_virtual>(tile, shares, lines, i, out);
    }
}

}  // namespace
