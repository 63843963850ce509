/// The M-step's sums: weight, first moment and scatter of a tile's rows about one component's reference point.
#pragma once

#include "kernels/layout.hpp"
#include "kernels/simd.hpp"
#include "kernels/table.hpp"

namespace {

using gaussmix::kernels::scatter_row_offset;

/// a_i b_i summed in eight lanes, then over the lanes.
double dot(const double* a, const double* b, std::int64_t n_rows) noexcept {
    Vec sum[vectors_per_virtual] = {};
    for (std::int64_t i = 0; i < n_rows; i += virtual_width) {
        for (int v = 0; v < vectors_per_virtual; ++v) {
            sum[v] = fma(load(a + i + v * vector_width), load(b + i + v * vector_width), sum[v]);
        }
    }
    return sum_virtual(sum);
}

double sum_rows(const double* a, std::int64_t n_rows) {
    Vec sum[vectors_per_virtual] = {};
    for (std::int64_t i = 0; i < n_rows; i += virtual_width) {
        for (int v = 0; v < vectors_per_virtual; ++v) sum[v] += load(a + i + v * vector_width);
    }
    return sum_virtual(sum);
}

/// A block of `Rows` rows and `Vectors` vectors of a lower triangle:
///   scatter[a, b] += sum_i weighted[i, a] centred[i, b],
/// held in registers over the rows. Features stand in the lanes; each entry's sum runs in the order of the rows.
template <int Rows, int Vectors>
inline void scatter_block(const double* weighted, const double* centred, std::int64_t n, std::int64_t width,
                          std::int64_t a, std::int64_t b, double* scatter) {
    Vec sum[Rows][Vectors];
    for (int i = 0; i < Rows; ++i) {
        for (int v = 0; v < Vectors; ++v) sum[i][v] = load(scatter + scatter_row_offset(a + i) + b + v * vector_width);
    }
    for (std::int64_t row = 0; row < n; ++row) {
        Vec z[Vectors];
        for (int v = 0; v < Vectors; ++v) z[v] = load(centred + row * width + b + v * vector_width);
        for (int i = 0; i < Rows; ++i) {
            const Vec w = broadcast(weighted[row * width + a + i]);
            for (int v = 0; v < Vectors; ++v) sum[i][v] = fma(w, z[v], sum[i][v]);
        }
    }
    for (int i = 0; i < Rows; ++i) {
        for (int v = 0; v < Vectors; ++v) store(scatter + scatter_row_offset(a + i) + b + v * vector_width, sum[i][v]);
    }
}

/// All blocks of the lower triangle, n rows of `width` features.
inline void scatter_triangle(const double* weighted, const double* centred, std::int64_t n, std::int64_t width,
                             double* scatter) {
    constexpr int rows = vector_width == 8 ? 8 : 4;
    constexpr int vectors = 3;
    for (std::int64_t a = 0; a < width; a += rows) {
        std::int64_t b = 0;
        for (; b + vectors * vector_width <= a + rows; b += vectors * vector_width) {
            scatter_block<rows, vectors>(weighted, centred, n, width, a, b, scatter);
        }
        for (; b + 2 * vector_width <= a + rows; b += 2 * vector_width) {
            scatter_block<rows, 2>(weighted, centred, n, width, a, b, scatter);
        }
        for (; b < a + rows; b += vector_width) scatter_block<rows, 1>(weighted, centred, n, width, a, b, scatter);
    }
}

/// Rows of responsibility zero are left out: they add nothing.
void scatter_full(const Tile& tile, const double* mean, const double* r, double* weight, double* first,
                  double* scatter, double* scratch) noexcept {
    const std::int64_t width = tile.width;
    double* padded_mean = scratch;
    double* centred = padded_mean + width;
    double* weighted = centred + tile.n_rows * width;
    for (std::int64_t j = 0; j < width; ++j) padded_mean[j] = j < tile.n_features ? mean[j] : 0.0;

    std::int64_t n = 0;
    for (std::int64_t i = 0; i < tile.n_rows; ++i) {
        if (r[i] == 0.0) continue;
        const Vec ri = broadcast(r[i]);
        for (std::int64_t j = 0; j < width; j += vector_width) {
            const Vec z = load(tile.rows + i * width + j) - load(padded_mean + j);
            const Vec rz = ri * z;
            store(centred + n * width + j, z);
            store(weighted + n * width + j, rz);
        }
        ++n;
    }
    *weight += sum_rows(r, tile.n_rows);
    for (std::int64_t j = 0; j < width; j += vector_width) {
        Vec sum = load(first + j);
        for (std::int64_t i = 0; i < n; ++i) sum += load(weighted + i * width + j);
        store(first + j, sum);
    }
    scatter_triangle(weighted, centred, n, width, scatter);
}

void scatter_diagonal(const Tile& tile, const double* mean, const double* r, double* weight, double* first,
                      double* scatter) noexcept {
    *weight += sum_rows(r, tile.n_rows);
    for (std::int64_t j = 0; j < tile.n_features; ++j) {
        const double* x = tile.columns + j * tile.stride;
        const Vec m = broadcast(mean[j]);
        Vec sum[vectors_per_virtual] = {};
        Vec square[vectors_per_virtual] = {};
        for (std::int64_t i = 0; i < tile.n_rows; i += virtual_width) {
            for (int v = 0; v < vectors_per_virtual; ++v) {
                const Vec z = load(x + i + v * vector_width) - m;
                const Vec rz = load(r + i + v * vector_width) * z;
                sum[v] += rz;
                square[v] = fma(rz, z, square[v]);
            }
        }
        first[j] += sum_virtual(sum);
        if (scatter != nullptr) scatter[j] += sum_virtual(square);
    }
}

}  // namespace
