/// The scatter of few features: rows stand in the vector lanes, and every product of two features has its own sum in a
/// register. Needs neither a second layout of the tile nor broadcasts.
#pragma once

#include "kernels/layout.hpp"
#include "kernels/pack.hpp"
#include "kernels/sums.hpp"

namespace {

using gaussmix::kernels::panel;
using gaussmix::kernels::round_up;
using gaussmix::kernels::scatter_row_offset;

/// At most one panel of features, read from the tile itself.
template <int D, class T>
inline void scatter_small(const Tile<T>& tile, Point<T> mean, const T* r, double* first, double* scatter) {
    constexpr int products = D * (D + 1) / 2;
    Vec<T> sums[D + products][vectors_per_virtual];
    for (int v = 0; v < vectors_per_virtual; ++v) {
        Vec<T> sum[D + products] = {};
        for (std::int64_t i = v * width<T>; i < tile.n_rows; i += virtual_width<T>) {
            const Vec<T> ri = load(r + i);
            Vec<T> z[D];
            int at = D;
#pragma GCC unroll 4
            for (int j = 0; j < D; ++j) {
                z[j] = Centre<T>(mean, j).subtract_from(load(tile.columns + j * tile.stride + i));
                const Vec<T> rz = ri * z[j];
                sum[j] += rz;
#pragma GCC unroll 4
                for (int l = 0; l <= j; ++l, ++at) sum[at] = fma(rz, z[l], sum[at]);
            }
        }
        for (int s = 0; s < D + products; ++s) sums[s][v] = sum[s];
    }
    int at = D;
    for (int j = 0; j < D; ++j) {
        first[j] += static_cast<double>(sum_virtual<T>(sums[j]));
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

/// The panel of features from a with itself. On the way it weighs them, weighted[j * n_rows + i] = r_i z_ij, and adds
/// their first moments.
template <class T>
inline void scatter_triangle(const CentredPanel<T>& features, const T* r, std::int64_t n_rows, std::int64_t a,
                             T* weighted, T* centred, double* first, double* scatter) {
    constexpr int products = panel * (panel + 1) / 2;
    Vec<T> sums[products][vectors_per_virtual];
    Vec<T> firsts[panel][vectors_per_virtual];
    for (int v = 0; v < vectors_per_virtual; ++v) {
        Vec<T> sum[products] = {};
        Vec<T> one[panel] = {};
        for (std::int64_t i = v * width<T>; i < n_rows; i += virtual_width<T>) {
            const Vec<T> ri = load(r + i);
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
                store(weighted + j * n_rows + i, rz);
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
template <int Rows, class T>
inline void scatter_rectangle(const T* weighted, std::int64_t n_rows, std::int64_t a, const CentredPanel<T>& features,
                              std::int64_t b, double* scatter) {
    Vec<T> sums[Rows][panel][vectors_per_virtual];
    for (int v = 0; v < vectors_per_virtual; ++v) {
        Vec<T> sum[Rows][panel] = {};
        for (std::int64_t i = v * width<T>; i < n_rows; i += virtual_width<T>) {
            Vec<T> rz[Rows];
            for (int s = 0; s < Rows; ++s) rz[s] = load(weighted + s * n_rows + i);
            for (int l = 0; l < panel; ++l) {
                const Vec<T> z = features.load_rows(l, i);
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
template <class T>
inline void scatter_panels(const Tile<T>& tile, Point<T> mean, const T* r, double* first, double* scatter, T* scratch) {
    const std::int64_t n = tile.n_rows;
    T* centred = scratch + panel * n;
    for (std::int64_t a = 0; a < tile.n_features; a += panel) {
        scatter_triangle(CentredPanel<T>(tile, mean, a), r, n, a, scratch, centred, first, scatter);
        constexpr int rows = registers >= 32 ? 4 : 2;
        for (std::int64_t b = 0; b < a; b += panel) {
            const CentredPanel<T> features(tile, mean, b);
            for (int s = 0; s < panel; s += rows) {
                scatter_rectangle<rows>(scratch + s * n, n, a + s, features, b, scatter);
            }
        }
    }
}

/// The rows of nonzero responsibility, side by side: `columns` and `r` filled up to whole sums with rows of
/// responsibility zero.
template <class T>
struct Compacted {
    Tile<T> tile;
    const T* r;
};

/// `index` names the n_counting rows to keep and has room for more.
template <class T>
inline Compacted<T> compact(const Tile<T>& tile, const T* r, std::int32_t* index, std::int64_t n_counting, T* work) {
    const std::int64_t n = round_up(n_counting, virtual_width<T>);
    T* responsibility = work;
    T* columns = responsibility + n;
    for (std::int64_t i = 0; i < n_counting; ++i) responsibility[i] = r[index[i]];
    for (std::int64_t i = n_counting; i < n; ++i) {
        index[i] = index[0];
        responsibility[i] = 0;
    }
    for (std::int64_t i = 0; i < n; i += pack_rows) {
        const T* rows[pack_rows];
        for (int s = 0; s < pack_rows; ++s) rows[s] = tile.rows[index[i + s]];
        pack_block(rows, tile.n_features, n, columns + i);
    }
    return {{columns, nullptr, n, tile.n_features, n}, responsibility};
}

/// More than a panel of features. Rows without responsibility are left out where they are many.
template <class T>
inline void scatter_columns(const Tile<T>& tile, Point<T> mean, const T* r, double* first, double* scatter,
                            T* scratch) {
    T* work = scratch + 5 * tile.n_rows;
    auto* index = reinterpret_cast<std::int32_t*>(work);
    const std::int64_t n_counting = index_counting(r, tile.n_rows, index);
    // Up to the last row that counts, whatever padding there is beyond it.
    if (n_counting * 4 < (index[n_counting - 1] + 1) * 3) {
        const Compacted<T> rows = compact(tile, r, index, n_counting, work + tile.n_rows);
        scatter_panels(rows.tile, mean, rows.r, first, scatter, scratch);
    } else {
        scatter_panels(tile, mean, r, first, scatter, scratch);
    }
}

}  // namespace
