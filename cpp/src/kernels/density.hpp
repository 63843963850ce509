/// The E-step's distances: || W (x - mean) ||^2 for many rows and one component. Rows stand in the vector lanes, so
/// every row's sum runs in the order of the features whatever the vector's width.
#pragma once

#include "kernels/layout.hpp"
#include "kernels/simd.hpp"
#include "kernels/table.hpp"

namespace {

using gaussmix::kernels::panel;
using gaussmix::kernels::round_up;
using gaussmix::kernels::Tile;

constexpr std::int64_t block_rows = row_vectors * vector_width;

/// constant - q / 2. A distance that overflows counts as the largest number: a row far from every component is then
/// shared by those that have weight, and not by those whose constant is minus infinity.
inline Vec finish(Vec q, double constant) {
    constexpr double largest = 1.7976931348623157e308;
    return fma(minimum(q, broadcast(largest)), broadcast(-0.5), broadcast(constant));
}

/// z[j * block_rows + i] = x_ij - mean_j for a block of rows, padded with zero features to whole panels.
inline void centre_block(const Tile& tile, std::int64_t first_row, const double* mean, double* z) {
    const std::int64_t padded = round_up(tile.n_features, panel);
    for (std::int64_t j = 0; j < tile.n_features; ++j) {
        const Vec m = broadcast(mean[j]);
        for (int r = 0; r < row_vectors; ++r) {
            store(z + j * block_rows + r * vector_width,
                  load(tile.columns + j * tile.stride + first_row + r * vector_width) - m);
        }
    }
    for (std::int64_t j = tile.n_features; j < padded; ++j) {
        for (int r = 0; r < row_vectors; ++r) store(z + j * block_rows + r * vector_width, Vec{});
    }
}

/// y = W z for each panel of four outputs; `use(first output, y[4][row_vectors])` takes them in order.
template <class Use>
inline void multiply_block(const double* factor, std::int64_t n_panels, const double* z, Use use) {
    for (std::int64_t p = 0; p < n_panels; ++p) {
        Vec y[panel][row_vectors] = {};
        for (std::int64_t c = 0; c < panel * p; ++c, factor += panel) {
            for (int a = 0; a < panel; ++a) {
                const Vec w = broadcast(factor[a]);
                for (int r = 0; r < row_vectors; ++r) {
                    y[a][r] = fma(w, load(z + c * block_rows + r * vector_width), y[a][r]);
                }
            }
        }
        const double* diagonal = z + panel * p * block_rows;
#pragma GCC unroll 4
        for (int c = 0; c < panel; ++c, factor += panel) {
#pragma GCC unroll 4
            for (int a = c; a < panel; ++a) {
                const Vec w = broadcast(factor[a]);
                for (int r = 0; r < row_vectors; ++r) {
                    y[a][r] = fma(w, load(diagonal + c * block_rows + r * vector_width), y[a][r]);
                }
            }
        }
        use(panel * p, y);
    }
}

/// `Panels` panels, known to the compiler; 0: as many as the features need.
template <int Panels>
inline void log_density_panels(const Tile& tile, const double* mean, const double* factor, double constant,
                               double* scratch, double* out) {
    const std::int64_t n_panels = Panels > 0 ? Panels : round_up(tile.n_features, panel) / panel;
    for (std::int64_t i = 0; i < tile.n_rows; i += block_rows) {
        centre_block(tile, i, mean, scratch);
        Vec q[row_vectors] = {};
        multiply_block(factor, n_panels, scratch, [&](std::int64_t, const Vec(&y)[panel][row_vectors]) {
            for (int a = 0; a < panel; ++a) {
                for (int r = 0; r < row_vectors; ++r) q[r] = fma(y[a][r], y[a][r], q[r]);
            }
        });
        for (int r = 0; r < row_vectors; ++r) {
            store(out + i + r * vector_width, finish(q[r], constant));
        }
    }
}

/// At most one panel of features: everything stays in registers.
template <int D>
inline void log_density_small(const Tile& tile, const double* mean, const double* factor, double constant,
                              double* out) {
    for (std::int64_t i = 0; i < tile.n_rows; i += vector_width) {
        Vec z[D];
        Vec q = {};
#pragma GCC unroll 4
        for (int j = 0; j < D; ++j) {
            z[j] = load(tile.columns + j * tile.stride + i) - broadcast(mean[j]);
            Vec y = {};
#pragma GCC unroll 4
            for (int c = 0; c <= j; ++c) y = fma(broadcast(factor[c * panel + j]), z[c], y);
            q = fma(y, y, q);
        }
        store(out + i, finish(q, constant));
    }
}

void log_density_full(const Tile& tile, const double* mean, const double* factor, double constant, double* scratch,
                      double* out) noexcept {
    switch (tile.n_features) {
        case 1: return log_density_small<1>(tile, mean, factor, constant, out);
        case 2: return log_density_small<2>(tile, mean, factor, constant, out);
        case 3: return log_density_small<3>(tile, mean, factor, constant, out);
        case 4: return log_density_small<4>(tile, mean, factor, constant, out);
        default: break;
    }
    switch (round_up(tile.n_features, panel) / panel) {
        case 2: return log_density_panels<2>(tile, mean, factor, constant, scratch, out);
        case 3: return log_density_panels<3>(tile, mean, factor, constant, scratch, out);
        case 4: return log_density_panels<4>(tile, mean, factor, constant, scratch, out);
        default: return log_density_panels<0>(tile, mean, factor, constant, scratch, out);
    }
}

void whiten(const Tile& tile, const double* mean, const double* factor, double* scratch, double* out) noexcept {
    const std::int64_t n_panels = round_up(tile.n_features, panel) / panel;
    for (std::int64_t i = 0; i < tile.n_rows; i += block_rows) {
        centre_block(tile, i, mean, scratch);
        multiply_block(factor, n_panels, scratch, [&](std::int64_t first, const Vec(&y)[panel][row_vectors]) {
            for (int a = 0; a < panel && first + a < tile.n_features; ++a) {
                for (int r = 0; r < row_vectors; ++r) {
                    store(out + (first + a) * tile.stride + i + r * vector_width, y[a][r]);
                }
            }
        });
    }
}

/// q = sum_j y_j^2 with y_j = `whitened(x_j, j)`, without correlations.
template <class Whitened>
inline void log_density_separable(const Tile& tile, double constant, double* out, Whitened whitened) {
    for (std::int64_t i = 0; i < tile.n_rows; i += block_rows) {
        Vec q[row_vectors] = {};
        for (std::int64_t j = 0; j < tile.n_features; ++j) {
            for (int r = 0; r < row_vectors; ++r) {
                const Vec y = whitened(load(tile.columns + j * tile.stride + i + r * vector_width), j);
                q[r] = fma(y, y, q[r]);
            }
        }
        for (int r = 0; r < row_vectors; ++r) {
            store(out + i + r * vector_width, finish(q[r], constant));
        }
    }
}

void log_density_diagonal(const Tile& tile, const double* mean, const double* scale, double constant,
                          double* out) noexcept {
    log_density_separable(tile, constant, out,
                          [=](Vec x, std::int64_t j) { return (x - broadcast(mean[j])) * broadcast(scale[j]); });
}

void log_density_unit(const Tile& tile, const double* mean, double constant, double* out) noexcept {
    log_density_separable(tile, constant, out, [=](Vec x, std::int64_t j) { return x - broadcast(mean[j]); });
}

}  // namespace
