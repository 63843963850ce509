/// The scatter of few features: rows lie in the vector lanes, and every product of two features has its own sum in a
/// register. Needs neither a second layout of the tile nor broadcasts.
#pragma once

#include "kernels/counting.hpp"
#include "kernels/layout.hpp"
#include "kernels/pack.hpp"
#include "kernels/sums.hpp"

namespace {

using gaussmix::kernels::panel;
using gaussmix::kernels::round_up;
using gaussmix::kernels::scatter_row_offset;

/// At most one panel of features, read from the tile itself: 1, the features and their products, all in registers.
template <int D, class T, class Starts>
inline void scatter_small(const Summands<T, Starts>& rows, Point<T> mean, double* weight, double* first,
                          double* scatter) {
    const Tile<T>& tile = rows.tile;
    constexpr int n_sums = 1 + D + D * (D + 1) / 2;
    Vec<T> sums[n_sums][vectors_per_virtual];
    for (int v = 0; v < vectors_per_virtual; ++v) {
        Vec<T> sum[n_sums] = {};
        for (std::int64_t g = 0; g < rows.n_groups; ++g) {
            const std::int64_t i = rows.start(g) + v * width<T>;
            const Vec<T> ri = load(rows.r + i);
            sum[0] += ri;
            Vec<T> z[D];
            int at = 1 + D;
#pragma GCC unroll 4
            for (int j = 0; j < D; ++j) {
                z[j] = Centre<T>(mean, j).subtract_from(load(tile.columns + j * tile.stride + i));
                const Vec<T> rz = ri * z[j];
                sum[1 + j] += rz;
#pragma GCC unroll 4
                for (int l = 0; l <= j; ++l, ++at) sum[at] = fma(rz, z[l], sum[at]);
            }
        }
        for (int s = 0; s < n_sums; ++s) sums[s][v] = sum[s];
    }
    *weight += static_cast<double>(sum_virtual<T>(sums[0]));
    int at = 1 + D;
    for (int j = 0; j < D; ++j) {
        first[j] += static_cast<double>(sum_virtual<T>(sums[1 + j]));
        for (int l = 0; l <= j; ++l, ++at) {
            scatter[scatter_row_offset(j) + l] += static_cast<double>(sum_virtual<T>(sums[at]));
        }
    }
}

/// `N` features of a tile, centred as they are read. Beyond the last feature they are copies of it, whose sums are
/// never read.
template <int N, class T>
class CentredFeatures {
public:
    CentredFeatures(const Tile<T>& tile, Point<T> mean, std::int64_t first) {
        for (int j = 0; j < N; ++j) {
            const std::int64_t feature = least(first + j, tile.n_features - 1);
            x_[j] = tile.columns + feature * tile.stride;
            high_[j] = broadcast(mean.high[feature]);
            if constexpr (std::is_same_v<T, float>) low_[j] = broadcast(mean.low[feature]);
        }
    }

    /// Returns feature j of the rows from i on.
    Vec<T> load_rows(int j, std::int64_t i) const {
        return Centre<T>(high_[j], low_[j]).subtract_from(load(x_[j] + i));
    }

private:
    const T* x_[N];
    Vec<T> high_[N];
    Vec<T> low_[N];
};

/// Adds the lanes of n sums to as many doubles, and nothing to the rest of a panel.
template <class T, int N>
inline void add_row(double* to, const Vec<T> (&sums)[N][vectors_per_virtual], int n) {
    Quad<T> row[panel] = {};
    for (int l = 0; l < n; ++l) row[l] = fold<T>(sums[l]);
    add_quad<T>(to, sum_four<T>(row[0], row[1], row[2], row[3]));
}

/// Sums the products of features a + First ... a + First + Count - 1 with themselves and with earlier ones of their
/// panel, which begins at a. Also weights them, weighted[j * n + i] = r_i z_ij for the i-th of n rows, and adds their
/// first moments.
template <int First, int Count, class T, class Starts>
inline void scatter_triangle(Summands<T, Starts> rows, Point<T> mean, std::int64_t a, T* weighted, double* first,
                             double* scatter) {
    constexpr int n_features = First + Count;
    constexpr int side = vectors_per_virtual > 1 && n_features < panel ? 2 : 1;  // vectors side by side
    const CentredFeatures<n_features, T> features(rows.tile, mean, a);
    const std::int64_t n = rows.n_groups * virtual_width<T>;
    Vec<T> sums[Count][n_features][vectors_per_virtual];
    Vec<T> firsts[Count][vectors_per_virtual];
    for (int v = 0; v < vectors_per_virtual; v += side) {
        Vec<T> sum[Count][n_features][side] = {};
        Vec<T> one[Count][side] = {};
        for (std::int64_t g = 0; g < rows.n_groups; ++g) {
            for (int u = 0; u < side; ++u) {
                const std::int64_t i = rows.start(g) + (v + u) * width<T>;
                const Vec<T> ri = load(rows.r + i);
                Vec<T> z[n_features];
#pragma GCC unroll 4
                for (int l = 0; l < First; ++l) z[l] = features.load_rows(l, i);
#pragma GCC unroll 4
                for (int j = 0; j < Count; ++j) {
                    z[First + j] = features.load_rows(First + j, i);
                    const Vec<T> rz = ri * z[First + j];
                    store(weighted + (First + j) * n + g * virtual_width<T> + (v + u) * width<T>, rz);
                    one[j][u] += rz;
#pragma GCC unroll 4
                    for (int l = 0; l <= First + j; ++l) sum[j][l][u] = fma(rz, z[l], sum[j][l][u]);
                }
            }
        }
        // Unrolled, otherwise the sums would stay in memory.
#pragma GCC unroll 4
        for (int j = 0; j < Count; ++j) {
            for (int u = 0; u < side; ++u) {
#pragma GCC unroll 4
                for (int l = 0; l <= First + j; ++l) sums[j][l][v + u] = sum[j][l][u];
                firsts[j][v + u] = one[j][u];
            }
        }
    }
    add_sums<Count, T>(first + a + First, firsts);
    for (int j = 0; j < Count; ++j) {
        add_row<T>(scatter + scatter_row_offset(a + First + j) + a, sums[j], First + j + 1);
    }
}

/// Sums the products of `Rows` weighted features, a ... of the scatter, with `Columns` features from b, at most a
/// panel.
template <int Rows, int Columns, class T, class Starts>
inline void scatter_rectangle(const T* weighted, Summands<T, Starts> rows, Point<T> mean, std::int64_t a,
                              std::int64_t b, double* scatter) {
    const CentredFeatures<Columns, T> features(rows.tile, mean, b);
    const std::int64_t n = rows.n_groups * virtual_width<T>;
    Vec<T> sums[Rows][Columns][vectors_per_virtual];
    for (int v = 0; v < vectors_per_virtual; ++v) {
        Vec<T> sum[Rows][Columns] = {};
        for (std::int64_t g = 0; g < rows.n_groups; ++g) {
            Vec<T> z[Columns];
            for (int l = 0; l < Columns; ++l) z[l] = features.load_rows(l, rows.start(g) + v * width<T>);
            for (int s = 0; s < Rows; ++s) {
                const Vec<T> rz = load(weighted + s * n + g * virtual_width<T> + v * width<T>);
                for (int l = 0; l < Columns; ++l) sum[s][l] = fma(rz, z[l], sum[s][l]);
            }
        }
        for (int s = 0; s < Rows; ++s) {
            for (int l = 0; l < Columns; ++l) sums[s][l][v] = sum[s][l];
        }
    }
    for (int s = 0; s < Rows; ++s) {
        add_row<T>(scatter + scatter_row_offset(a + s) + b, sums[s], Columns);
    }
}

/// Sums all panels of features; `weighted` has room for one of them.
template <class T, class Starts>
inline void scatter_panels(const Summands<T, Starts>& rows, Point<T> mean, double* first, double* scatter,
                           T* weighted) {
    const std::int64_t d = rows.tile.n_features;
    for (std::int64_t a = 0; a < d; a += panel) {
        if constexpr (registers >= 32) {
            scatter_triangle<0, 4>(rows, mean, a, weighted, first, scatter);
        } else {
            scatter_triangle<0, 2>(rows, mean, a, weighted, first, scatter);
            scatter_triangle<2, 2>(rows, mean, a, weighted, first, scatter);
        }
        std::int64_t b = 0;
        const auto rectangle = [&](auto n_columns) {
            constexpr int n = decltype(n_columns)::value;
            if (d - a == 1) {
                scatter_rectangle<1, n>(weighted, rows, mean, a, b, scatter);
            } else if (d - a == 2) {
                scatter_rectangle<2, n>(weighted, rows, mean, a, b, scatter);
            } else {
                scatter_rectangle<4, n>(weighted, rows, mean, a, b, scatter);
            }
            b += n;
        };
        if constexpr (registers >= 32) {
            while (b < a) rectangle(Constant<4>());
        } else {
            while (a - b == 3 || a - b > 4) rectangle(Constant<3>());
            while (b < a) rectangle(Constant<2>());
        }
    }
}

/// Only the rows that count, side by side, filled up to whole groups with rows of responsibility zero.
template <class T>
inline Summands<T, Consecutive> compact(const Tile<T>& tile, Groups groups, const T* r, T* scratch,
                                        Tile<T>& compacted) {
    auto* index = reinterpret_cast<std::int32_t*>(scratch);
    T* counting = scratch + tile.n_rows;
    const std::int64_t n_counting = index_rows(r, tile.n_rows, groups, index);
    const std::int64_t n = round_up(n_counting, virtual_width<T>);
    T* columns = counting + n;
    for (std::int64_t i = 0; i < n_counting; ++i) counting[i] = r[index[i]];
    for (std::int64_t i = n_counting; i < n; ++i) {
        index[i] = index[0];
        counting[i] = 0;
    }
    for (std::int64_t i = 0; i < n; i += pack_rows) {
        const T* block[pack_rows];
        for (int s = 0; s < pack_rows; ++s) block[s] = tile.rows[index[i + s]];
        pack_block(block, tile.n_features, n, columns + i);
    }
    compacted = {columns, nullptr, n, tile.n_features, n};
    return {compacted, {0}, n / virtual_width<T>, counting};
}

/// Sums more than a panel of features over the groups that count; only over their rows that count if many do not.
template <class T>
inline void scatter_columns(const Tile<T>& tile, const CountingGroups<T>& counting, Point<T> mean, const T* r,
                            double* first, double* scatter, T* scratch) {
    const auto sum = [&](const auto& rows, T* weighted) { scatter_panels(rows, mean, first, scatter, weighted); };
    if (counting.n_rows * 2 < counting.groups.n * virtual_width<T>) {
        Tile<T> compacted;
        sum(compact(tile, counting.groups, r, scratch + panel * tile.n_rows, compacted), scratch);
        return;
    }
    const std::int32_t* starts = counting.groups.first;
    constexpr std::int64_t together = 48;  // groups: their columns are read several times, from a near cache
    for (std::int64_t g = 0; g < counting.groups.n; g += together) {
        const std::int64_t n = least(together, counting.groups.n - g);
        if (starts[g + n - 1] - starts[g] == (n - 1) * virtual_width<T>) {
            sum(Summands<T, Consecutive>{tile, {starts[g]}, n, r}, scratch);
        } else {
            sum(Summands<T, Listed>{tile, {starts + g}, n, r}, scratch);
        }
    }
}

}  // namespace
