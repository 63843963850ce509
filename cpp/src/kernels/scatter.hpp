/// The M-step's sums: weight, first moment and scatter of a tile's rows about one component's reference point.
#pragma once

#include "kernels/layout.hpp"
#include "kernels/simd.hpp"
#include "kernels/table.hpp"

namespace {

using gaussmix::kernels::lanes;
using gaussmix::kernels::scatter_row_offset;

constexpr int vectors_per_panel = lanes / vector_width;

/// sum_i a_i b_i in eight lanes, then over the lanes.
double dot(const double* a, const double* b, std::int64_t n_rows) noexcept {
    Vec sum[vectors_per_virtual] = {};
    for (std::int64_t i = 0; i < n_rows; i += virtual_width) {
        for (int v = 0; v < vectors_per_virtual; ++v) {
            sum[v] = fma(load(a + i + v * vector_width), load(b + i + v * vector_width), sum[v]);
        }
    }
    return sum_virtual(sum);
}

void axpy(double a, const double* x, double* y, std::int64_t n) noexcept {
    const Vec factor = broadcast(a);
    std::int64_t i = 0;
    for (; i + vector_width <= n; i += vector_width) store(y + i, fma(factor, load(x + i), load(y + i)));
    for (; i < n; ++i) y[i] = fma(a, x[i], y[i]);
}

double row_sum(const double* a, std::int64_t n_rows) noexcept {
    Vec sum[vectors_per_virtual] = {};
    for (std::int64_t i = 0; i < n_rows; i += virtual_width) {
        for (int v = 0; v < vectors_per_virtual; ++v) sum[v] += load(a + i + v * vector_width);
    }
    return sum_virtual(sum);
}

/// The rows that count, in panels of eight features, so that whatever the number of features a block of the scatter
/// reads consecutive cache lines: panel p, row i stands at p * stride + 8 i.
struct Gathered {
    const double* centred;   ///< z_i = x_i - mean, all panels
    const double* weighted;  ///< r_i z_i, the panel in hand
    std::int64_t n_rows;
    std::int64_t stride;

    const double* z(std::int64_t feature) const { return centred + feature / lanes * stride + feature % lanes; }
};

/// Gathers the rows of positive responsibility (the others add nothing) and centres them.
inline Gathered gather(const Tile& tile, const double* mean, const double* r, double* scratch) {
    auto* index = reinterpret_cast<std::int64_t*>(scratch);  // one kind of scratch serves both
    double* responsibility = scratch + tile.n_rows;
    double* weighted = responsibility + tile.n_rows;
    double* centred = weighted + lanes * tile.n_rows;
    const std::int64_t stride = lanes * (tile.n_rows + 1);

    std::int64_t n = 0;
    for (std::int64_t i = 0; i < tile.n_rows; ++i) {
        index[n] = i;
        responsibility[n] = r[i];
        n += r[i] != 0.0 ? 1 : 0;
    }
    for (std::int64_t j = 0; j < tile.width; j += lanes) {
        double padded[lanes];
        for (std::int64_t l = 0; l < lanes; ++l) padded[l] = j + l < tile.n_features ? mean[j + l] : 0.0;
        Vec m[vectors_per_panel];
        for (int v = 0; v < vectors_per_panel; ++v) m[v] = load(padded + v * vector_width);
        double* out = centred + j / lanes * stride;
        for (std::int64_t i = 0; i < n; ++i) {
            const double* x = tile.rows + index[i] * tile.width + j;
            for (int v = 0; v < vectors_per_panel; ++v) {
                store(out + i * lanes + v * vector_width, load(x + v * vector_width) - m[v]);
            }
        }
    }
    return {centred, weighted, n, stride};
}

/// Fills the weighted panel of features a ... a+7; `first` gets its sums on the way.
inline void weigh_panel(const Gathered& rows, std::int64_t a, double* scratch, std::int64_t tile_rows, double* first) {
    const double* responsibility = scratch + tile_rows;
    double* weighted = scratch + 2 * tile_rows;
    const double* z = rows.z(a);
    Vec sum[vectors_per_panel];
    for (int v = 0; v < vectors_per_panel; ++v) sum[v] = load(first + a + v * vector_width);
    for (std::int64_t i = 0; i < rows.n_rows; ++i) {
        const Vec ri = broadcast(responsibility[i]);
        for (int v = 0; v < vectors_per_panel; ++v) {
            const Vec rz = ri * load(z + i * lanes + v * vector_width);
            store(weighted + i * lanes + v * vector_width, rz);
            sum[v] += rz;
        }
    }
    for (int v = 0; v < vectors_per_panel; ++v) store(first + a + v * vector_width, sum[v]);
}

/// scatter[a + i, b ...] += sum over rows of rz_a+i z_b for i < Rows and `Vectors` vectors of columns, held in
/// registers over the rows. Features stand in the lanes; each entry's sum runs in the order of the rows.
template <int Rows, int Vectors>
inline void scatter_block(const Gathered& rows, std::int64_t a, std::int64_t b, double* scatter) {
    Vec sum[Rows][Vectors];
    const double* z[Vectors];
    for (int v = 0; v < Vectors; ++v) z[v] = rows.z(b + v * vector_width);
    const double* rz = rows.weighted + a % lanes;
    for (int i = 0; i < Rows; ++i) {
        for (int v = 0; v < Vectors; ++v) sum[i][v] = load(scatter + scatter_row_offset(a + i) + b + v * vector_width);
    }
    for (std::int64_t row = 0; row < rows.n_rows; ++row) {
        Vec column[Vectors];
        for (int v = 0; v < Vectors; ++v) column[v] = load(z[v] + row * lanes);
#pragma GCC unroll 8
        for (int i = 0; i < Rows; ++i) {
            const Vec w = broadcast(rz[row * lanes + i]);
            for (int v = 0; v < Vectors; ++v) sum[i][v] = fma(w, column[v], sum[i][v]);
        }
    }
    for (int i = 0; i < Rows; ++i) {
        for (int v = 0; v < Vectors; ++v) store(scatter + scatter_row_offset(a + i) + b + v * vector_width, sum[i][v]);
    }
}

/// The 8 x 8 block on the diagonal, vectors wholly above the diagonal left out.
inline void scatter_diagonal_block(const Gathered& rows, std::int64_t a, double* scatter) {
    Vec sum[lanes][vectors_per_panel];
    const auto for_each_vector = [&](auto use) {
#pragma GCC unroll 8
        for (int i = 0; i < lanes; ++i) {
#pragma GCC unroll 4
            for (int v = 0; v <= i / vector_width; ++v) use(i, v);
        }
    };
    for_each_vector(
        [&](int i, int v) { sum[i][v] = load(scatter + scatter_row_offset(a + i) + a + v * vector_width); });
    const double* z = rows.z(a);
    for (std::int64_t row = 0; row < rows.n_rows; ++row) {
        Vec column[vectors_per_panel];
        for (int v = 0; v < vectors_per_panel; ++v) column[v] = load(z + row * lanes + v * vector_width);
        for_each_vector(
            [&](int i, int v) { sum[i][v] = fma(broadcast(rows.weighted[row * lanes + i]), column[v], sum[i][v]); });
    }
    for_each_vector(
        [&](int i, int v) { store(scatter + scatter_row_offset(a + i) + a + v * vector_width, sum[i][v]); });
}

/// Few features: rows stand in the lanes and every product has its own sum in a register.
template <int D>
inline void scatter_small(const Tile& tile, const double* mean, const double* r, double* weight, double* first,
                          double* scatter) {
    constexpr int products = D * (D + 1) / 2;
    Vec m[D];
    for (int j = 0; j < D; ++j) m[j] = broadcast(mean[j]);
    Vec sums[1 + D + products][vectors_per_virtual];
    for (int v = 0; v < vectors_per_virtual; ++v) {
        Vec sum[1 + D + products] = {};
        for (std::int64_t i = v * vector_width; i < tile.n_rows; i += virtual_width) {
            const Vec ri = load(r + i);
            sum[0] += ri;
            Vec z[D];
            int at = 1 + D;
#pragma GCC unroll 4
            for (int j = 0; j < D; ++j) {
                z[j] = load(tile.columns + j * tile.stride + i) - m[j];
                const Vec rz = ri * z[j];
                sum[1 + j] += rz;
#pragma GCC unroll 4
                for (int l = 0; l <= j; ++l, ++at) sum[at] = fma(rz, z[l], sum[at]);
            }
        }
        for (int s = 0; s < 1 + D + products; ++s) sums[s][v] = sum[s];
    }
    *weight += sum_virtual(sums[0]);
    int at = 1 + D;
    for (int j = 0; j < D; ++j) {
        first[j] += sum_virtual(sums[1 + j]);
        for (int l = 0; l <= j; ++l, ++at) scatter[scatter_row_offset(j) + l] += sum_virtual(sums[at]);
    }
}

void scatter_full(const Tile& tile, const double* mean, const double* r, double* weight, double* first, double* scatter,
                  double* scratch) noexcept {
    switch (tile.n_features) {
        case 1: return scatter_small<1>(tile, mean, r, weight, first, scatter);
        case 2: return scatter_small<2>(tile, mean, r, weight, first, scatter);
        case 3: return scatter_small<3>(tile, mean, r, weight, first, scatter);
        case 4: return scatter_small<4>(tile, mean, r, weight, first, scatter);
        default: break;
    }
    *weight += row_sum(r, tile.n_rows);
    const Gathered rows = gather(tile, mean, r, scratch);
    constexpr int block = vector_width == 8 ? 8 : 4;  // with three vectors of columns: sums that fill the registers
    for (std::int64_t a = 0; a < tile.width; a += lanes) {
        weigh_panel(rows, a, scratch, tile.n_rows, first);
        for (std::int64_t i = a; i < a + lanes; i += block) {
            std::int64_t b = 0;
            for (; b + 3 * vector_width <= a && b + 4 * vector_width != a; b += 3 * vector_width) {
                scatter_block<block, 3>(rows, i, b, scatter);
            }
            for (; b + 2 * vector_width <= a; b += 2 * vector_width) scatter_block<block, 2>(rows, i, b, scatter);
            for (; b < a; b += vector_width) scatter_block<block, 1>(rows, i, b, scatter);
        }
        scatter_diagonal_block(rows, a, scatter);
    }
}

/// The sums of one feature after another; z^2 as well where `Squares`. (Two features at once spill registers on AVX2
/// and were measured a third slower.)
template <bool Squares>
inline void diagonal_moments(const Tile& tile, const double* mean, const double* r, double* weight, double* first,
                             double* scatter) {
    *weight += row_sum(r, tile.n_rows);
    for (std::int64_t j = 0; j < tile.n_features; ++j) {
        const double* x = tile.columns + j * tile.stride;
        const Vec m = broadcast(mean[j]);
        Vec sum[vectors_per_virtual] = {};
        Vec square[vectors_per_virtual] = {};
        for (std::int64_t i = 0; i < tile.n_rows; i += virtual_width) {
            for (int v = 0; v < vectors_per_virtual; ++v) {
                const Vec ri = load(r + i + v * vector_width);
                const Vec z = load(x + i + v * vector_width) - m;
                if (Squares) {
                    const Vec rz = ri * z;
                    sum[v] += rz;
                    square[v] = fma(rz, z, square[v]);
                } else {
                    sum[v] = fma(ri, z, sum[v]);
                }
            }
        }
        first[j] += sum_virtual(sum);
        if (Squares) scatter[j] += sum_virtual(square);
    }
}

void scatter_diagonal(const Tile& tile, const double* mean, const double* r, double* weight, double* first,
                      double* scatter) noexcept {
    diagonal_moments<true>(tile, mean, r, weight, first, scatter);
}

void first_moment(const Tile& tile, const double* mean, const double* r, double* weight, double* first) noexcept {
    diagonal_moments<false>(tile, mean, r, weight, first, nullptr);
}

}  // namespace
