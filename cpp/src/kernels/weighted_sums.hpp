/// The sums of the M-step as a product of matrices: the responsibilities of all components times statistics of the
/// rows, which are equal for all components if rows are centred at one point.
#pragma once

#include "kernels/responsibilities.hpp"
#include "kernels/sums.hpp"

namespace {

using gaussmix::kernels::Squares;

/// Multiplies `Rows` rows of responsibilities with `Columns` statistics: as many sums in registers.
template <int Rows, int Columns, class T>
NOT_INLINE void weighted_sums_block(const T* const (&r)[Rows], const T* statistics, std::int64_t stride,
                                    std::int64_t n_rows, double* const (&sums)[Rows]) {
    Vec<T> whole[Rows][Columns][vectors_per_virtual];
    for (int v = 0; v < vectors_per_virtual; ++v) {
        Vec<T> sum[Rows][Columns] = {};
        for (std::int64_t i = v * width<T>; i < n_rows; i += virtual_width<T>) {
            Vec<T> ri[Rows];
            for (int k = 0; k < Rows; ++k) ri[k] = load(r[k] + i);
            for (int j = 0; j < Columns; ++j) {
                const Vec<T> t = load(statistics + j * stride + i);
                for (int k = 0; k < Rows; ++k) sum[k][j] = fma(ri[k], t, sum[k][j]);
            }
        }
        for (int k = 0; k < Rows; ++k) {
            for (int j = 0; j < Columns; ++j) whole[k][j][v] = sum[k][j];
        }
    }
    for (int k = 0; k < Rows; ++k) add_sums<Columns, T>(sums[k], whole[k]);
}

/// Sums the components from s on, `Rows` at a time, then the remainder by fewer.
template <int Rows, int Columns, class T>
inline void weighted_sums_of(const T* r, Components components, std::int64_t s, const T* statistics,
                             std::int64_t stride, std::int64_t n_rows, double* sums, std::int64_t sums_stride) {
    for (; s + Rows <= components.n; s += Rows) {
        const T* of[Rows];
        double* to[Rows];
        for (int k = 0; k < Rows; ++k) {
            of[k] = r + nth(components, s + k) * stride;
            to[k] = sums + nth(components, s + k) * sums_stride;
        }
        weighted_sums_block<Rows, Columns>(of, statistics, stride, n_rows, to);
    }
    if constexpr (Rows > 1) {
        weighted_sums_of<Rows / 2, Columns>(r, components, s, statistics, stride, n_rows, sums, sums_stride);
    }
}

template <class T>
void weighted_sums(const T* r, Components components, const T* statistics, std::int64_t n_statistics,
                   std::int64_t stride, std::int64_t n_rows, double* sums, std::int64_t sums_stride) noexcept {
    constexpr int rows = registers >= 32 ? 4 : 3;
    const auto take = [&](auto columns, std::int64_t from) {
        weighted_sums_of<rows, decltype(columns)::value>(r, components, 0, statistics + from * stride, stride, n_rows,
                                                         sums + from, sums_stride);
        return from + columns;
    };
    std::int64_t j = 0;
    while (j + 4 <= n_statistics) j = take(std::integral_constant<int, 4>{}, j);
    if (j + 2 <= n_statistics) j = take(std::integral_constant<int, 2>{}, j);
    if (j < n_statistics) take(std::integral_constant<int, 1>{}, j);
}

/// The same sums of one component over some groups of rows: `Columns` statistics at a time.
template <int Columns, class T>
inline void weighted_sums_in(const Summands<T, Listed>& rows, const T* statistics, std::int64_t j,
                             std::int64_t n_statistics, double* sums) {
    const std::int64_t stride = rows.tile.stride;
    for (; j + Columns <= n_statistics; j += Columns) {
        Vec<T> sum[Columns][vectors_per_virtual] = {};
        for (std::int64_t g = 0; g < rows.n_groups; ++g) {
            for (int v = 0; v < vectors_per_virtual; ++v) {
                const std::int64_t i = rows.start(g) + v * width<T>;
                const Vec<T> ri = load(rows.r + i);
                for (int c = 0; c < Columns; ++c) {
                    sum[c][v] = fma(ri, load(statistics + (j + c) * stride + i), sum[c][v]);
                }
            }
        }
        add_sums<Columns, T>(sums + j, sum);
    }
    if constexpr (Columns > 1) weighted_sums_in<Columns / 2>(rows, statistics, j, n_statistics, sums);
}

template <class T>
void weighted_sums_of_groups(const Tile<T>& tile, Groups groups, const T* r, std::int64_t n_statistics,
                             double* sums) noexcept {
    constexpr int columns = registers >= 32 ? 8 / vectors_per_virtual : 4 / vectors_per_virtual;
    weighted_sums_in<columns>(Summands<T, Listed>{tile, {groups.first}, groups.n, r}, tile.statistics, 0, n_statistics,
                              sums);
}

template <class T>
void centre(const Tile<T>& tile, Point<T> point, Squares kind, T* statistics) noexcept {
    const std::int64_t d = tile.n_features;
    for (std::int64_t i = 0; i < tile.n_rows; i += width<T>) {
        Vec<T> sum = {};
        for (std::int64_t j = 0; j < d; ++j) {
            const Vec<T> z = Centre<T>(point, j).subtract_from(load(tile.columns + j * tile.stride + i));
            const Vec<T> square = minimum(z * z, broadcast(Limits<T>::largest));
            store(statistics + j * tile.stride + i, z);
            if (kind == Squares::each) store(statistics + (d + j) * tile.stride + i, square);
            sum += square;
        }
        if (kind == Squares::summed) {
            store(statistics + d * tile.stride + i, minimum(sum, broadcast(Limits<T>::largest)));
        }
    }
}

}  // namespace
