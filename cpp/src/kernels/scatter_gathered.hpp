/// The scatter of many features: the rows that count are gathered and centred, features stand in the vector lanes, and
/// blocks of the scatter are held in registers over the rows.
#pragma once

#include "kernels/counting.hpp"
#include "kernels/layout.hpp"
#include "kernels/sums.hpp"

namespace {

using gaussmix::kernels::scatter_row_offset;

/// Features that are gathered together: consecutive cache lines whatever the number of features.
template <class T>
constexpr std::int64_t group = width<T> > 8 ? width<T> : 8;
template <class T>
constexpr int vectors_per_group = static_cast<int>(group<T>) / width<T>;

template <int N>
using Constant = std::integral_constant<int, N>;

/// The rows that count: feature group g of row i stands at g * stride + group * i.
template <class T>
struct Gathered {
    const T* centred;   ///< z_i = x_i - mean, all groups
    const T* weighted;  ///< r_i z_i, the group in hand
    std::int64_t n_rows;
    std::int64_t stride;

    const T* z(std::int64_t feature) const { return centred + feature / group<T> * stride + feature % group<T>; }
};

/// What gathering works in, all within the scratch of `scatter_full`.
template <class T>
struct Workspace {
    Workspace(T* scratch, std::int64_t tile_rows)
        : index(reinterpret_cast<std::int32_t*>(scratch)),
          responsibility(scratch + tile_rows),
          weighted(responsibility + tile_rows),
          centred(weighted + group<T> * tile_rows) {}

    std::int32_t* index;
    T* responsibility;
    T* weighted;
    T* centred;
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

/// Gathers the rows of nonzero responsibility (the others add nothing) and centres them.
template <class T>
inline Gathered<T> gather(const Tile<T>& tile, Groups groups, Point<T> mean, const T* r, const Workspace<T>& work) {
    const std::int64_t stride = group<T> * (tile.n_rows + 1);
    const std::int64_t n = index_rows(r, tile.n_rows, groups, work.index);
    for (std::int64_t i = 0; i < n; ++i) work.responsibility[i] = r[work.index[i]];
    const std::int64_t whole = tile.n_features / group<T> * group<T>;
    for (std::int64_t i = 0; i < n; ++i) {
        const T* row = tile.rows[work.index[i]];
        T* out = work.centred + i * group<T>;
        for (std::int64_t j = 0; j < whole; j += group<T>, out += stride) {
            for (int v = 0; v < vectors_per_group<T>; ++v) {
                const std::int64_t at = j + v * width<T>;
                store(out + v * width<T>, centre_at(mean, at).subtract_from(load(row + at)));
            }
        }
        if (whole == tile.n_features) continue;
        for (std::int64_t j = whole; j < whole + group<T>; ++j) {
            out[j - whole] = j < tile.n_features ? subtract(row[j], mean, j) : 0;
        }
    }
    return {work.centred, work.weighted, n, stride};
}

/// Fills the weighted group of features from a; `first` gets its sums on the way.
template <class T>
inline void weigh(const Gathered<T>& rows, std::int64_t a, const Workspace<T>& work, double* first) {
    const T* z = rows.z(a);
    Vec<T> sum[vectors_per_group<T>] = {};
    for (std::int64_t i = 0; i < rows.n_rows; ++i) {
        const Vec<T> ri = broadcast(work.responsibility[i]);
        for (int v = 0; v < vectors_per_group<T>; ++v) {
            const Vec<T> rz = ri * load(z + i * group<T> + v * width<T>);
            store(work.weighted + i * group<T> + v * width<T>, rz);
            sum[v] += rz;
        }
    }
    for (int v = 0; v < vectors_per_group<T>; ++v) add_vector<T>(first + a + v * width<T>, sum[v]);
}

/// scatter[a + i, b ...] += sum over rows of rz_a+i z_b for i < Rows and `Vectors` vectors of columns, held in
/// registers over the rows. Each entry's sum runs in the order of the rows.
template <int Rows, int Vectors, class T>
NOT_INLINE void scatter_block(const Gathered<T>& rows, std::int64_t a, std::int64_t b, double* scatter) {
    Vec<T> sum[Rows][Vectors];
    const T* z[Vectors];
    for (int v = 0; v < Vectors; ++v) z[v] = rows.z(b + v * width<T>);
    const T* rz = rows.weighted + a % group<T>;
    for (int i = 0; i < Rows; ++i) {
        for (int v = 0; v < Vectors; ++v) sum[i][v] = Vec<T>{};
        // Wanted once the rows are done, and by then here, from wherever it was.
        for (int v = 0; v < Vectors * width<T>; v += 8)
            __builtin_prefetch(scatter + scatter_row_offset(a + i) + b + v, 1);
    }
    for (std::int64_t row = 0; row < rows.n_rows; ++row) {
        Vec<T> column[Vectors];
        for (int v = 0; v < Vectors; ++v) column[v] = load(z[v] + row * group<T>);
#pragma GCC unroll 8
        for (int i = 0; i < Rows; ++i) {
            const Vec<T> w = broadcast(rz[row * group<T> + i]);
            for (int v = 0; v < Vectors; ++v) sum[i][v] = fma(w, column[v], sum[i][v]);
        }
    }
    for (int i = 0; i < Rows; ++i) {
        for (int v = 0; v < Vectors; ++v) {
            add_vector<T>(scatter + scatter_row_offset(a + i) + b + v * width<T>, sum[i][v]);
        }
    }
}

/// The block of a group with itself, vectors wholly above the diagonal left out.
template <class T>
NOT_INLINE void scatter_diagonal_block(const Gathered<T>& rows, std::int64_t a, double* scatter) {
    constexpr int size = static_cast<int>(group<T>);
    Vec<T> sum[size][vectors_per_group<T>];
    const auto for_each_vector = [&](auto use) {
#pragma GCC unroll 16
        for (int i = 0; i < size; ++i) {
#pragma GCC unroll 4
            for (int v = 0; v <= i / width<T>; ++v) use(i, v);
        }
    };
    for_each_vector([&](int i, int v) { sum[i][v] = Vec<T>{}; });
    const T* z = rows.z(a);
    for (std::int64_t row = 0; row < rows.n_rows; ++row) {
        Vec<T> column[vectors_per_group<T>];
        for (int v = 0; v < vectors_per_group<T>; ++v) column[v] = load(z + row * size + v * width<T>);
        for_each_vector(
            [&](int i, int v) { sum[i][v] = fma(broadcast(rows.weighted[row * size + i]), column[v], sum[i][v]); });
    }
    for_each_vector(
        [&](int i, int v) { add_vector<T>(scatter + scatter_row_offset(a + i) + a + v * width<T>, sum[i][v]); });
}

template <class T>
inline void scatter_gathered(const Tile<T>& tile, Groups groups, Point<T> mean, const T* r, double* first,
                             double* scatter, T* scratch) {
    const Workspace<T> work(scratch, tile.n_rows);
    const Gathered<T> rows = gather(tile, groups, mean, r, work);
    constexpr int w = width<T>;
    constexpr int height = registers >= 32 ? 8 : 4;  // with three vectors of columns: sums that fill the registers
    const auto blocks = [&](auto rows_at_once, auto vectors, std::int64_t a, std::int64_t b) {
        constexpr int step = decltype(rows_at_once)::value;
        for (std::int64_t i = a; i < a + group<T>; i += step) {
            scatter_block<step, decltype(vectors)::value>(rows, i, b, scatter);
        }
    };
    for (std::int64_t a = 0; a < round_up(tile.n_features, group<T>); a += group<T>) {
        weigh(rows, a, work, first);
        std::int64_t b = 0;
        for (; b + 3 * w <= a && b + 4 * w != a; b += 3 * w) blocks(Constant<height>(), Constant<3>(), a, b);
        for (; b + 2 * w <= a; b += 2 * w) blocks(Constant<height>(), Constant<2>(), a, b);
        for (; b < a; b += w) blocks(Constant<8>(), Constant<1>(), a, b);
        scatter_diagonal_block(rows, a, scatter);
    }
}

}  // namespace
