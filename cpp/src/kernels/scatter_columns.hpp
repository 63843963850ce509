/// The scatter of few features: rows stand in the vector lanes, and every product of two features has its own sum in a
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
template <int D, class T>
inline void scatter_small(const Tile<T>& tile, Point<T> mean, const T* r, double* weight, double* first,
                          double* scatter) {
    constexpr int n_sums = 1 + D + D * (D + 1) / 2;
    Vec<T> sums[n_sums][vectors_per_virtual];
    for (int v = 0; v < vectors_per_virtual; ++v) {
        Vec<T> sum[n_sums] = {};
        for (std::int64_t i = v * width<T>; i < tile.n_rows; i += virtual_width<T>) {
            const Vec<T> ri = load(r + i);
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

/// Four features of a tile, to be centred as they are read. Beyond the last feature they are copies of it: what comes
/// of them is never read.
template <class T>
class CentredPanel {
public:
    CentredPanel(const Tile<T>& tile, Point<T> mean, std::int64_t first) {
        for (int j = 0; j < panel; ++j) {
            const std::int64_t feature = least(first + j, tile.n_features - 1);
            x_[j] = tile.columns + feature * tile.stride;
            high_[j] = broadcast(mean.high[feature]);
            if constexpr (std::is_same_v<T, float>) low_[j] = broadcast(mean.low[feature]);
        }
    }

    /// Feature j of the rows from i.
    Vec<T> load_rows(int j, std::int64_t i) const {
        return Centre<T>(high_[j], low_[j]).subtract_from(load(x_[j] + i));
    }

private:
    const T* x_[panel];
    Vec<T> high_[panel];
    Vec<T> low_[panel];
};

/// Where the groups of rows to sum over start: each somewhere, or one after the other, which costs less to know.
struct Listed {
    const std::int32_t* first;
    std::int64_t start(std::int64_t g, std::int64_t) const { return first[g]; }
};
struct Consecutive {
    std::int64_t first;
    std::int64_t start(std::int64_t g, std::int64_t size) const { return first + g * size; }
};

/// Groups of rows to sum over, and the responsibility of each row.
template <class T, class Starts>
struct Summands {
    const Tile<T>& tile;
    Starts starts;
    std::int64_t n_groups;
    const T* r;

    std::int64_t start(std::int64_t g) const { return starts.start(g, virtual_width<T>); }
};

/// The panel of features from a with itself. On the way it weighs them, weighted[j * n + i] = r_i z_ij for the i-th of
/// n rows, and adds their first moments.
template <class T, class Starts>
inline void scatter_triangle(const CentredPanel<T>& features, const Summands<T, Starts>& rows, std::int64_t a,
                             T* weighted, T* centred, double* first, double* scatter) {
    constexpr int products = panel * (panel + 1) / 2;
    const std::int64_t n = rows.n_groups * virtual_width<T>;
    Vec<T> sums[products][vectors_per_virtual];
    Vec<T> firsts[panel][vectors_per_virtual];
    for (int v = 0; v < vectors_per_virtual; ++v) {
        Vec<T> sum[products] = {};
        Vec<T> one[panel] = {};
        for (std::int64_t g = 0; g < rows.n_groups; ++g) {
            const std::int64_t i = rows.start(g) + v * width<T>;
            const Vec<T> ri = load(rows.r + i);
            Vec<T> kept[panel];
            int at = 0;
#pragma GCC unroll 4
            for (int j = 0; j < panel; ++j) {
                const Vec<T> z = features.load_rows(j, i);
                const Vec<T> rz = ri * z;
                if constexpr (registers >= 32) {
                    kept[j] = z;
                } else if (j + 1 < panel) {
                    store(centred + j * width<T>, z);
                }
                store(weighted + j * n + g * virtual_width<T> + v * width<T>, rz);
                one[j] += rz;
#pragma GCC unroll 4
                for (int l = 0; l < j; ++l, ++at) {
                    sum[at] = fma(rz, registers >= 32 ? kept[l] : load(centred + l * width<T>), sum[at]);
                }
                sum[at] = fma(rz, z, sum[at]);
                ++at;
            }
        }
        for (int s = 0; s < products; ++s) sums[s][v] = sum[s];
        for (int j = 0; j < panel; ++j) firsts[j][v] = one[j];
    }
    add_quad<T>(first + a, sum_four<T>(fold<T>(firsts[0]), fold<T>(firsts[1]), fold<T>(firsts[2]), fold<T>(firsts[3])));
    int at = 0;
    for (int j = 0; j < panel; ++j) {
        Quad<T> row[panel] = {};  // zero above the diagonal
        for (int l = 0; l <= j; ++l, ++at) row[l] = fold<T>(sums[at]);
        add_quad<T>(scatter + scatter_row_offset(a + j) + a, sum_four<T>(row[0], row[1], row[2], row[3]));
    }
}

/// `Rows` weighted features, which are a ... of the scatter, with the panel of features from b.
template <int Rows, class T, class Starts>
inline void scatter_rectangle(const T* weighted, const Summands<T, Starts>& rows, std::int64_t a,
                              const CentredPanel<T>& features, std::int64_t b, double* scatter) {
    const std::int64_t n = rows.n_groups * virtual_width<T>;
    Vec<T> sums[Rows][panel][vectors_per_virtual];
    for (int v = 0; v < vectors_per_virtual; ++v) {
        Vec<T> sum[Rows][panel] = {};
        for (std::int64_t g = 0; g < rows.n_groups; ++g) {
            Vec<T> rz[Rows];
            for (int s = 0; s < Rows; ++s) rz[s] = load(weighted + s * n + g * virtual_width<T> + v * width<T>);
            for (int l = 0; l < panel; ++l) {
                const Vec<T> z = features.load_rows(l, rows.start(g) + v * width<T>);
                for (int s = 0; s < Rows; ++s) sum[s][l] = fma(rz[s], z, sum[s][l]);
            }
        }
        for (int s = 0; s < Rows; ++s) {
            for (int l = 0; l < panel; ++l) sums[s][l][v] = sum[s][l];
        }
    }
    for (int s = 0; s < Rows; ++s) {
        add_quad<T>(scatter + scatter_row_offset(a + s) + b,
                    sum_four<T>(fold<T>(sums[s][0]), fold<T>(sums[s][1]), fold<T>(sums[s][2]), fold<T>(sums[s][3])));
    }
}

/// All panels of features; `scratch` holds the weighted panel in hand.
template <class T, class Starts>
inline void scatter_panels(const Summands<T, Starts>& rows, Point<T> mean, double* first, double* scatter, T* scratch) {
    const Tile<T>& tile = rows.tile;
    const std::int64_t n = rows.n_groups * virtual_width<T>;
    T* centred = scratch + panel * n;
    for (std::int64_t a = 0; a < tile.n_features; a += panel) {
        scatter_triangle(CentredPanel<T>(tile, mean, a), rows, a, scratch, centred, first, scatter);
        constexpr int together = registers >= 32 ? 4 : 2;
        const std::int64_t left = tile.n_features - a;
        for (std::int64_t b = 0; b < a; b += panel) {
            const CentredPanel<T> features(tile, mean, b);
            if (left == 1) {
                scatter_rectangle<1>(scratch, rows, a, features, b, scatter);
            } else if (left == 2) {
                scatter_rectangle<2>(scratch, rows, a, features, b, scatter);
            } else {
                for (int s = 0; s < panel; s += together) {
                    scatter_rectangle<together>(scratch + s * n, rows, a + s, features, b, scatter);
                }
            }
        }
    }
}

/// The rows that count alone, side by side: filled up to whole groups with rows of responsibility zero. `index` has
/// room for as many rows.
template <class T>
inline Summands<T, Consecutive> compact(const Tile<T>& tile, Groups groups, const T* r, std::int32_t* index, T* work,
                                        Tile<T>& compacted) {
    const std::int64_t n_counting = index_rows(r, tile.n_rows, groups, index);
    const std::int64_t n = round_up(n_counting, virtual_width<T>);
    T* columns = work + n;
    for (std::int64_t i = 0; i < n_counting; ++i) work[i] = r[index[i]];
    for (std::int64_t i = n_counting; i < n; ++i) {
        index[i] = index[0];
        work[i] = 0;
    }
    for (std::int64_t i = 0; i < n; i += pack_rows) {
        const T* block[pack_rows];
        for (int s = 0; s < pack_rows; ++s) block[s] = tile.rows[index[i + s]];
        pack_block(block, tile.n_features, n, columns + i);
    }
    compacted = {columns, nullptr, n, tile.n_features, n};
    return {compacted, {0}, n / virtual_width<T>, work};
}

/// More than a panel of features. Groups without responsibility are left out, and single rows where they are many.
template <class T>
inline void scatter_columns(const Tile<T>& tile, Groups groups, Point<T> mean, const T* r, double* weight,
                            double* first, double* scatter, T* scratch) {
    T* work = scratch + panel * (tile.n_rows + gaussmix::kernels::lanes);  // after what `scatter_panels` works in
    auto* starts = reinterpret_cast<std::int32_t*>(work);
    const CountingGroups<T> counting = index_groups(r, tile.n_rows, groups, starts);
    *weight += static_cast<double>(counting.sum);
    if (counting.n_rows * 2 < counting.n * virtual_width<T>) {
        Tile<T> compacted;
        scatter_panels(compact(tile, {starts, counting.n}, r, starts + tile.n_rows, work + 2 * tile.n_rows, compacted),
                       mean, first, scatter, scratch);
        return;
    }
    constexpr std::int64_t together = 48;  // groups: their columns are read several times, from a cache near by
    for (std::int64_t g = 0; g < counting.n; g += together) {
        const std::int64_t n = least(together, counting.n - g);
        if (starts[g + n - 1] - starts[g] == (n - 1) * virtual_width<T>) {
            scatter_panels(Summands<T, Consecutive>{tile, {starts[g]}, n, r}, mean, first, scatter, scratch);
        } else {
            scatter_panels(Summands<T, Listed>{tile, {starts + g}, n, r}, mean, first, scatter, scratch);
        }
    }
}

}  // namespace
