/// Sums over rows in fixed lanes: of an array, and of one feature after another.
#pragma once

#include "kernels/centre.hpp"

namespace {

/// Returns sum_i term(i) over whole vectors of rows, in `virtual_width` lanes, then over the lanes.
template <class T, class Term>
inline T sum_rows(std::int64_t n_rows, Term term) {
    Vec<T> sum[vectors_per_virtual] = {};
    for (std::int64_t i = 0; i < n_rows; i += virtual_width<T>) {
        for (int v = 0; v < vectors_per_virtual; ++v) sum[v] = term(i + v * width<T>, sum[v]);
    }
    return sum_virtual<T>(sum);
}

template <class T>
inline T total(const T* a, std::int64_t n_rows) {
    return sum_rows<T>(n_rows, [=](std::int64_t i, Vec<T> sum) { return sum + load(a + i); });
}

double sum(const double* a, std::int64_t n_rows) noexcept { return total(a, n_rows); }

bool is_finite(const double* a, std::int64_t n) noexcept {
    Vec<double> zero[2] = {};  // no longer zero after the first NaN or infinity
    std::int64_t i = 0;
    for (; i + 2 * width<double> <= n; i += 2 * width<double>) {
        for (int v = 0; v < 2; ++v) zero[v] = fma(load(a + i + v * width<double>), Vec<double>{}, zero[v]);
    }
    for (; i < n; i += width<double>) zero[0] = fma(load(a + i), Vec<double>{}, zero[0]);
    return lanes_of<double>(zero[0] + zero[1] != Vec<double>{}) == 0;
}

void extremes(const double* a, std::int64_t n, double* least_of, double* largest_of) noexcept {
    Vec<double> low = load(a);
    Vec<double> high = low;
    for (std::int64_t i = width<double>; i < n; i += width<double>) {
        low = minimum(load(a + i), low);
        high = maximum(load(a + i), high);
    }
    for (int lane = 0; lane < width<double>; ++lane) {
        *least_of = lane == 0 || low[lane] < *least_of ? low[lane] + 0.0 : *least_of;  // zero of one sign
        *largest_of = lane == 0 || high[lane] > *largest_of ? high[lane] + 0.0 : *largest_of;
    }
}

void axpy(double a, const double* x, double* y, std::int64_t n) noexcept {
    const Vec<double> factor = broadcast(a);
    std::int64_t i = 0;
    for (; i + width<double> <= n; i += width<double>) store(y + i, fma(factor, load(x + i), load(y + i)));
    for (; i < n; ++i) y[i] = fma(a, x[i], y[i]);
}

/// Adds the lanes of `Together` sums to as many doubles.
template <int Together, class T, int Vectors>
inline void add_sums(double* to, const Vec<T> (&sum)[Together][Vectors]) {
    int f = 0;
    for (; f + 4 <= Together; f += 4) {
        add_quad<T>(to + f,
                    sum_four<T>(fold<T>(sum[f]), fold<T>(sum[f + 1]), fold<T>(sum[f + 2]), fold<T>(sum[f + 3])));
    }
    for (; f < Together; ++f) to[f] += static_cast<double>(sum_virtual<T>(sum[f]));
}

/// Rows per step of the sums of one feature.
template <class T>
constexpr int row_block = (std::is_same_v<T, double> ? 1 : 2) * virtual_width<T>;

/// Adds the sums of r z over the rows, and of r z^2 if `Squares`, for features [begin, n_features): `Together` of them
/// side by side, then the remainder by fewer. Additions to one sum depend on each other, which many sums hide. Floats,
/// whose centres need registers, take one feature at a time and run each sum in twice the lanes.
template <bool Squares, int Together, class T>
inline void diagonal_sums(const Tile<T>& tile, Point<T> mean, const T* r, std::int64_t begin, double* first,
                          double* scatter) {
    constexpr int chains = row_block<T> / width<T>;
    for (; begin + Together <= tile.n_features; begin += Together) {
        Vec<T> sum[Together][chains] = {};
        Vec<T> square[Together][chains] = {};
        for (std::int64_t i = 0; i < tile.n_rows; i += chains * width<T>) {
            for (int v = 0; v < chains; ++v) {
                const Vec<T> ri = load(r + i + v * width<T>);
                for (int f = 0; f < Together; ++f) {
                    const Centre<T> centre(mean, begin + f);
                    const T* x = tile.columns + (begin + f) * tile.stride;
                    const Vec<T> z = centre.subtract_from(load(x + i + v * width<T>));
                    if (Squares) {
                        const Vec<T> rz = ri * z;
                        sum[f][v] += rz;
                        square[f][v] = fma(rz, z, square[f][v]);
                    } else {
                        sum[f][v] = fma(ri, z, sum[f][v]);
                    }
                }
            }
        }
        for (int f = 0; f < Together; ++f) {
            for (int v = vectors_per_virtual; v < chains; ++v) {
                sum[f][v - vectors_per_virtual] += sum[f][v];
                square[f][v - vectors_per_virtual] += square[f][v];
            }
        }
        add_sums<Together, T>(first + begin, sum);
        if (Squares) add_sums<Together, T>(scatter + begin, square);
    }
    if constexpr (Together > 1) diagonal_sums<Squares, Together / 2>(tile, mean, r, begin, first, scatter);
}

template <bool Squares, class T>
inline void diagonal_moments(const Tile<T>& tile, Point<T> mean, const T* r, double* weight, double* first,
                             double* scatter) {
    constexpr int vectors = std::is_same_v<T, double> ? (Squares ? 4 : 8) : registers >= 32 ? 4 : 1;
    constexpr int together = vectors > vectors_per_virtual ? vectors / vectors_per_virtual : 1;
    const T all = total(r, tile.n_rows);
    if (all == 0) return;
    *weight += static_cast<double>(all);
    diagonal_sums<Squares, together>(tile, mean, r, 0, first, scatter);
}

template <class T>
void scatter_diagonal(const Tile<T>& tile, Point<T> mean, const T* r, double* weight, double* first,
                      double* scatter) noexcept {
    diagonal_moments<true>(tile, mean, r, weight, first, scatter);
}

template <class T>
void scatter_trace(const Tile<T>& tile, Point<T> mean, const T* r, const T* squares, double* weight, double* first,
                   double* scatter) noexcept {
    *scatter += static_cast<double>(
        sum_rows<T>(tile.n_rows, [=](std::int64_t i, Vec<T> sum) { return fma(load(r + i), load(squares + i), sum); }));
    diagonal_moments<false>(tile, mean, r, weight, first, static_cast<double*>(nullptr));
}

template <class T>
void first_moment(const Tile<T>& tile, Point<T> mean, const T* r, double* weight, double* first) noexcept {
    diagonal_moments<false>(tile, mean, r, weight, first, static_cast<double*>(nullptr));
}

}  // namespace
