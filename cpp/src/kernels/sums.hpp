/// Sums over rows in fixed lanes: of an array, and of one feature after another.
#pragma once

#include "kernels/centre.hpp"
#include "kernels/counting.hpp"

namespace {

/// Returns sum_i term(i) over vectors of the groups' rows, in `virtual_width` lanes, then over the lanes.
template <class T, class Starts, class Term>
inline T sum_rows(const Summands<T, Starts>& rows, Term term) {
    Vec<T> sum[vectors_per_virtual] = {};
    for (std::int64_t g = 0; g < rows.n_groups; ++g) {
        for (int v = 0; v < vectors_per_virtual; ++v) sum[v] = term(rows.start(g) + v * width<T>, sum[v]);
    }
    return sum_virtual<T>(sum);
}

template <class T, class Starts>
inline T total(const Summands<T, Starts>& rows) {
    return sum_rows(rows, [&](std::int64_t i, Vec<T> sum) { return sum + load(rows.r + i); });
}

double sum(const double* a, std::int64_t n_rows) noexcept {
    return total(Summands<double, Consecutive>{{}, {0}, n_rows / virtual_width<double>, a});
}

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

/// Calls use(i, phase) for the start i of each group, with its place in the tile's `row_block` as a constant: sums of
/// each phase run in lanes of their own, whichever groups are listed.
template <class T, class Use>
ALWAYS_INLINE void for_each_phase(const Summands<T, Consecutive>& rows, Use use) {
    constexpr std::int64_t phases = row_block<T> / virtual_width<T>;
    for (std::int64_t g = 0; g < rows.n_groups; g += phases) {
        use(rows.start(g), Constant<0>());
        if constexpr (phases > 1) use(rows.start(g + 1), Constant<1>());
    }
}
template <class T, class Use>
ALWAYS_INLINE void for_each_phase(const Summands<T, Listed>& rows, Use use) {
    const auto take = [&](auto phase) {
        for (std::int64_t g = 0; g < rows.n_groups; ++g) {
            const std::int64_t i = rows.start(g);
            if (i % row_block<T> == phase * virtual_width<T>) use(i, phase);
        }
    };
    take(Constant<0>());
    if constexpr (row_block<T> > virtual_width<T>) take(Constant<1>());
}

/// Adds the sums of r z over the rows, and of r z^2 if `Squares`, for features [begin, n_features): `Together` of them
/// side by side, then the remainder by fewer. Additions to one sum depend on each other, which many sums hide. Floats,
/// whose centres need registers, take one feature at a time and run each sum in twice the lanes.
template <bool Squares, int Together, class T, class Starts>
inline void diagonal_sums(const Summands<T, Starts>& rows, Point<T> mean, std::int64_t begin, double* first,
                          double* scatter) {
    constexpr int chains = row_block<T> / width<T>;
    const Tile<T>& tile = rows.tile;
    for (; begin + Together <= tile.n_features; begin += Together) {
        Vec<T> sum[Together][chains] = {};
        Vec<T> square[Together][chains] = {};
        for_each_phase(rows, [&](std::int64_t i, auto phase) {
            for (int v = 0; v < vectors_per_virtual; ++v) {
                const int chain = phase * vectors_per_virtual + v;
                const Vec<T> ri = load(rows.r + i + v * width<T>);
                for (int f = 0; f < Together; ++f) {
                    const Centre<T> centre(mean, begin + f);
                    const T* x = tile.columns + (begin + f) * tile.stride;
                    const Vec<T> z = centre.subtract_from(load(x + i + v * width<T>));
                    if (Squares) {
                        const Vec<T> rz = ri * z;
                        sum[f][chain] += rz;
                        square[f][chain] = fma(rz, z, square[f][chain]);
                    } else {
                        sum[f][chain] = fma(ri, z, sum[f][chain]);
                    }
                }
            }
        });
        for (int f = 0; f < Together; ++f) {
            for (int v = vectors_per_virtual; v < chains; ++v) {
                sum[f][v - vectors_per_virtual] += sum[f][v];
                square[f][v - vectors_per_virtual] += square[f][v];
            }
        }
        add_sums<Together, T>(first + begin, sum);
        if (Squares) add_sums<Together, T>(scatter + begin, square);
    }
    if constexpr (Together > 1) diagonal_sums<Squares, Together / 2>(rows, mean, begin, first, scatter);
}

template <bool Squares, class T, class Starts>
inline void diagonal_moments(const Summands<T, Starts>& rows, Point<T> mean, double* weight, double* first,
                             double* scatter) {
    constexpr int vectors = std::is_same_v<T, double> ? (Squares ? 4 : 8) : registers >= 32 ? 4 : 1;
    constexpr int together = vectors > vectors_per_virtual ? vectors / vectors_per_virtual : 1;
    const T all = total(rows);
    if (all == 0) return;
    *weight += static_cast<double>(all);
    diagonal_sums<Squares, together>(rows, mean, 0, first, scatter);
}

template <class T>
void scatter_diagonal(const Tile<T>& tile, Groups groups, Point<T> mean, const T* r, double* weight, double* first,
                      double* scatter) noexcept {
    for_summands(tile, groups, r,
                 [=](const auto& rows) { diagonal_moments<true>(rows, mean, weight, first, scatter); });
}

template <class T>
void scatter_trace(const Tile<T>& tile, Groups groups, Point<T> mean, const T* r, const T* squares, double* weight,
                   double* first, double* scatter) noexcept {
    for_summands(tile, groups, r, [=](const auto& rows) {
        *scatter += static_cast<double>(
            sum_rows(rows, [&](std::int64_t i, Vec<T> sum) { return fma(load(rows.r + i), load(squares + i), sum); }));
        diagonal_moments<false>(rows, mean, weight, first, static_cast<double*>(nullptr));
    });
}

template <class T>
void first_moment(const Tile<T>& tile, Groups groups, Point<T> mean, const T* r, double* weight,
                  double* first) noexcept {
    for_summands(tile, groups, r, [=](const auto& rows) {
        diagonal_moments<false>(rows, mean, weight, first, static_cast<double*>(nullptr));
    });
}

}  // namespace
