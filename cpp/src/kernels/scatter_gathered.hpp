/// The scatter of many features: the rows that count are gathered, centred and multiplied by the root of their
/// responsibility, y = sqrt(r) (x - mean), so that the scatter is Y^T Y of one matrix. Features lie in the vector
/// lanes, and blocks of the scatter are held in registers over the rows.
#pragma once

#include "kernels/counting.hpp"
#include "kernels/layout.hpp"
#include "kernels/sums.hpp"

namespace {

using gaussmix::kernels::scatter_row_offset;

/// Features that are gathered together: consecutive cache lines whatever the number of features.
template <class T>
constexpr std::int64_t group = width<T> > 8 ? width<T> : 8;

/// The rows that count: feature group g of row i stands at g * stride + group * i.
template <class T>
struct Gathered {
    const T* y;
    std::int64_t n_rows;
    std::int64_t stride;

    const T* of(std::int64_t feature) const { return y + feature / group<T> * stride + feature % group<T>; }
};

/// v added to doubles.
template <class T>
inline void add_vector(double* at, Vec<T> v) {
    if constexpr (std::is_same_v<T, double>) {
        store(at, load(at) + v);
    } else {
        float lanes[width<T>];
        store(lanes, v);
        for (int i = 0; i < width<T>; i += 4) add_quad<T>(at + i, load_quad(lanes + i));
    }
}

/// Gathers the rows of nonzero responsibility (the others add nothing), and adds to `first` on the way.
template <class T>
inline Gathered<T> gather(const Tile<T>& tile, Groups groups, Point<T> mean, const T* r, double* first, T* scratch) {
    auto* index = reinterpret_cast<std::int32_t*>(scratch);
    T* root = scratch + tile.n_rows;
    T* y = root + tile.n_rows;
    const std::int64_t stride = group<T> * (tile.n_rows + 1);
    const std::int64_t n = index_rows(r, tile.n_rows, groups, index);
    for (std::int64_t i = 0; i < n; ++i) root[i] = r[index[i]];
    for (std::int64_t i = n; i < round_up(n, 4); ++i) root[i] = 0;
    for (std::int64_t i = 0; i < n; i += 4) store_quad(root + i, square_root(load_quad(root + i)));

    // The last features are copied first, filled up with zeros.
    const std::int64_t whole = tile.n_features / group<T> * group<T>;
    T* last = y + whole / group<T> * stride;
    for (std::int64_t i = 0; i < n && whole < tile.n_features; ++i) {
        for (std::int64_t f = 0; f < group<T>; ++f) {
            const std::int64_t j = whole + f;
            last[i * group<T> + f] = j < tile.n_features ? root[i] * subtract(tile.rows[index[i]][j], mean, j) : 0;
        }
    }
    constexpr std::int64_t together = 32;  // rows: their contribution to a feature's first moment stays in a register
    for (std::int64_t begin = 0; begin < n; begin += together) {
        const std::int64_t end = least(begin + together, n);
        for (std::int64_t j = 0; j < tile.n_features; j += width<T>) {
            T* out = y + j / group<T> * stride + j % group<T>;
            Vec<T> sum = {};
            if (j < whole) {
                const Centre<T> centre = centre_at(mean, j);
                for (std::int64_t i = begin; i < end; ++i) {
                    const Vec<T> s = broadcast(root[i]);
                    const Vec<T> yi = s * centre.subtract_from(load(tile.rows[index[i]] + j));
                    store(out + i * group<T>, yi);
                    sum = fma(s, yi, sum);
                }
            } else {
                for (std::int64_t i = begin; i < end; ++i) sum = fma(broadcast(root[i]), load(out + i * group<T>), sum);
            }
            add_vector<T>(first + j, sum);
        }
    }
    return {y, n, stride};
}

/// scatter[a + i, b ...] += sum over rows of y_a+i y_b for i < Rows and `Vectors` vectors of columns, held in registers
/// over the rows. Each entry's sum runs in the order of the rows.
template <int Rows, int Vectors, class T>
NOT_INLINE void scatter_block(const Gathered<T>& rows, std::int64_t a, std::int64_t b, double* scatter) {
    Vec<T> sum[Rows][Vectors];
    const T* y[Vectors];
    for (int v = 0; v < Vectors; ++v) y[v] = rows.of(b + v * width<T>);
    const T* ya = rows.of(a);
#pragma GCC unroll 8
    for (int i = 0; i < Rows; ++i) {
        for (int v = 0; v < Vectors; ++v) sum[i][v] = Vec<T>{};
        // Prefetched: needed after the rows are done.
        for (int v = 0; v < Vectors * width<T>; v += 8)
            __builtin_prefetch(scatter + scatter_row_offset(a + i) + b + v, 1);
    }
    for (std::int64_t row = 0; row < rows.n_rows; ++row) {
        Vec<T> column[Vectors];
        for (int v = 0; v < Vectors; ++v) column[v] = load(y[v] + row * group<T>);
#pragma GCC unroll 8
        for (int i = 0; i < Rows; ++i) {
            const Vec<T> w = broadcast(ya[row * group<T> + i]);
            for (int v = 0; v < Vectors; ++v) sum[i][v] = fma(w, column[v], sum[i][v]);
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < Rows; ++i) {
        for (int v = 0; v < Vectors; ++v) {
            add_vector<T>(scatter + scatter_row_offset(a + i) + b + v * width<T>, sum[i][v]);
        }
    }
}

/// Sums rows of the scatter in blocks, each up to the vector that contains its diagonal; the rest is never read.
template <class T>
inline void scatter_gathered(const Tile<T>& tile, Groups groups, Point<T> mean, const T* r, double* first,
                             double* scatter, T* scratch) {
    const Gathered<T> rows = gather(tile, groups, mean, r, first, scratch);
    for (std::int64_t a = 0; a < tile.n_features; a += sums_together) {
        std::int64_t left = (a + sums_together + width<T> - 1) / width<T>;  // vectors
        std::int64_t b = 0;
        const auto block = [&](auto vectors) {
            scatter_block<sums_together, decltype(vectors)::value>(rows, a, b, scatter);
            b += vectors * width<T>;
            left -= vectors;
        };
        while (left == 3 || left > 4) block(Constant<3>());
        while (left >= 2) block(Constant<2>());
        if (left == 1) block(Constant<1>());
    }
}

}  // namespace
