/// The distances of the E-step: || W (x - mean) ||^2 for many rows and one component. Rows lie in the vector lanes, so
/// every row's sum runs in the order of the features, whatever the width of vectors.
#pragma once

#include "kernels/centre.hpp"
#include "kernels/layout.hpp"

namespace {

using gaussmix::kernels::Cutoff;
using gaussmix::kernels::Groups;
using gaussmix::kernels::packed_factor_index;
using gaussmix::kernels::panel;
using gaussmix::kernels::round_up;

template <class T>
constexpr std::int64_t block_rows = row_vectors * width<T>;

/// The length of an array.
template <class Array>
constexpr int length = static_cast<int>(std::extent_v<std::remove_reference_t<Array>>);

/// Calls use(at) for a few vectors of rows at a time, with an array of where each starts in the tile: `Together` of
/// them; of the remainder of some groups two, or one if a group is one vector; of the remainder of all rows four, then
/// one.
template <int Together, class T, class Use>
inline void for_each_vectors(const Tile<T>& tile, Groups groups, Use use) {
    if (groups.first == nullptr) {
        std::int64_t i = 0;
        const auto take = [&](auto& at) {
            for (std::int64_t& start : at) {
                start = i;
                i += width<T>;
            }
            use(at);
        };
        while (i + Together * width<T> <= tile.n_rows) {
            std::int64_t at[Together];
            take(at);
        }
        if constexpr (Together > 4) {
            while (i + 4 * width<T> <= tile.n_rows) {
                std::int64_t at[4];
                take(at);
            }
        }
        while (i < tile.n_rows) {
            std::int64_t at[1];
            take(at);
        }
        return;
    }
    const std::int64_t n = groups.n * vectors_per_virtual;
    const auto take = [&](std::int64_t first, auto& at) {
        for (std::int64_t& start : at) {
            start = groups.first[first / vectors_per_virtual] + first % vectors_per_virtual * width<T>;
            ++first;
        }
        use(at);
    };
    for (std::int64_t first = 0; first < n;) {
        constexpr bool has_odd = vectors_per_virtual == 1;
        std::int64_t many[Together];
        std::int64_t two[2];
        std::int64_t one[1];
        const std::int64_t left = n - first;
        if (left >= Together && (has_odd || left != Together + 1)) {
            take(first, many);
            first += Together;
        } else if (!has_odd || left > 1) {
            take(first, two);
            first += 2;
        } else if constexpr (has_odd) {
            take(first, one);
            first += 1;
        }
    }
}

/// Returns constant - q / 2. A distance that overflowed, or was NaN, counts as the largest number: a row far from every
/// component is then shared by those that have weight, and not by those whose constant is minus infinity.
template <class T>
inline Vec<T> finish(Vec<T> q, T constant) {
    return fma(minimum(q, broadcast(Limits<T>::largest)), broadcast(T(-0.5)), broadcast(constant));
}

/// Computes `Outputs` outputs from `first` for V vectors of rows, and calls `use(output, y)` for each when it is done.
/// Features that earlier outputs have centred are read from z, where these store theirs.
template <int Outputs, int V, class T, class Use>
ALWAYS_INLINE void multiply_outputs(const Tile<T>& tile, const std::int64_t (&at)[V], Point<T> mean, const T* factor,
                                    std::int64_t first, T* z, Use use) {
    constexpr std::int64_t rows = V * width<T>;
    // Copies: for the compiler, stores to z might change the originals.
    const T* columns = tile.columns;
    const std::int64_t stride = tile.stride;
    std::int64_t start[V];
    for (int r = 0; r < V; ++r) start[r] = at[r];
    constexpr int n_panels = static_cast<int>(round_up(Outputs, panel) / panel);
    const T* of[n_panels];
    for (int q = 0; q < n_panels; ++q) of[q] = factor + packed_factor_index(first + panel * q, 0);
    Vec<T> y[Outputs][V] = {};
    const auto add = [&](std::int64_t c, int a, const Vec<T>(&column)[V]) {
        const Vec<T> w = broadcast(of[a / panel][c * panel + a % panel]);
        for (int r = 0; r < V; ++r) y[a][r] = fma(w, column[r], y[a][r]);
    };
    for (std::int64_t c = 0; c < first; ++c) {
        Vec<T> column[V];
        for (int r = 0; r < V; ++r) column[r] = load(z + c * rows + r * width<T>);
#pragma GCC unroll 8
        for (int a = 0; a < Outputs; ++a) add(c, a, column);
    }
#pragma GCC unroll 8
    for (int fresh = 0; fresh < Outputs; ++fresh) {
        const std::int64_t c = first + fresh;
        // The factor is zero beyond the features, so any of them will do.
        const std::int64_t j = least(c, tile.n_features - 1);
        const Centre<T> centre(mean, j);
        const T* x = columns + j * stride;
        Vec<T> column[V];
        for (int r = 0; r < V; ++r) {
            column[r] = centre.subtract_from(load(x + start[r]));
            store(z + c * rows + r * width<T>, column[r]);
        }
#pragma GCC unroll 8
        for (int a = fresh; a < Outputs; ++a) add(c, a, column);
        use(c, y[fresh]);
    }
}

/// Computes y = W (x - mean) for V vectors of rows: `use(output, y)` takes each of `n_outputs`, in order, while
/// `wants_more()`. There may be one more, so that their number is even.
template <int V, class T, class Use, class WantsMore>
ALWAYS_INLINE void multiply_block(const Tile<T>& tile, const std::int64_t (&at)[V], Point<T> mean, const T* factor,
                                  std::int64_t n_outputs, T* z, Use use, WantsMore wants_more) {
    std::int64_t first = 0;
    for (; first + sums_together <= n_outputs; first += sums_together) {
        multiply_outputs<sums_together>(tile, at, mean, factor, first, z, use);
        if (!wants_more()) return;
    }
    const std::int64_t left = n_outputs - first;
    if (left == 2) multiply_outputs<2>(tile, at, mean, factor, first, z, use);
    if (left == 4) multiply_outputs<4>(tile, at, mean, factor, first, z, use);
    if (left == 6) multiply_outputs<least(6, sums_together)>(tile, at, mean, factor, first, z, use);
}

/// The cutoff of a vector of rows.
template <class T>
inline Vec<T> lowest(Cutoff<T> cutoff, std::int64_t at) {
    return load(cutoff.best + at) + broadcast(cutoff.floor);
}

/// `Features`, even: how many there are, or one more; 0: any number. `Cuts`: there is a cutoff.
template <int Features, bool Cuts = false, class T>
inline void log_density_large(const Tile<T>& tile, Groups groups, Point<T> mean, const T* factor, T constant,
                              Cutoff<T> cutoff, T* scratch, T* out) {
    const std::int64_t n_outputs = Features > 0 ? Features : round_up(tile.n_features, 2);
    // With few outputs, a third vector would not stay in registers.
    constexpr bool spills = registers < 32 && (Features == 8 || Features == 12);
    for_each_vectors<spills ? 2 : row_vectors>(tile, groups, [=](const auto& at) {
        constexpr int n = length<decltype(at)>;
        Vec<T> q[n] = {};
        multiply_block(
            tile, at, mean, factor, n_outputs, scratch,
            [&](std::int64_t, const Vec<T>(&y)[n]) {
                for (int r = 0; r < n; ++r) q[r] = fma(y[r], y[r], q[r]);
            },
            [&] {
                IntVec<T> matters{};
                for (int r = 0; Cuts && r < n; ++r) matters |= finish<T>(q[r], constant) > lowest(cutoff, at[r]);
                return !Cuts || lanes_of<T>(matters) != 0;
            });
        for (int r = 0; r < n; ++r) {
            const Vec<T> value = finish<T>(q[r], constant);
            store(out + at[r], Cuts ? maximum(value, lowest(cutoff, at[r])) : value);
        }
    });
}

/// Few features: everything stays in registers.
template <int D, class T>
inline void log_density_small(const Tile<T>& tile, Groups groups, Point<T> mean, const T* factor, T constant, T* out) {
    constexpr int together = D == 1 ? 4 : D <= 4 ? 2 : 1;  // vectors of rows side by side
    for_each_vectors<together>(tile, groups, [=](const auto& at) {
        constexpr int n = length<decltype(at)>;
        Vec<T> z[D][n];
        Vec<T> q[n] = {};
#pragma GCC unroll 6
        for (int j = 0; j < D; ++j) {
            const Centre<T> centre(mean, j);
            Vec<T> y[n] = {};
            for (int v = 0; v < n; ++v) {
                z[j][v] = centre.subtract_from(load(tile.columns + j * tile.stride + at[v]));
            }
#pragma GCC unroll 6
            for (int c = 0; c <= j; ++c) {
                const Vec<T> w = broadcast(factor[packed_factor_index(j, c)]);
                for (int v = 0; v < n; ++v) y[v] = fma(w, z[c][v], y[v]);
            }
            for (int v = 0; v < n; ++v) q[v] = fma(y[v], y[v], q[v]);
        }
        for (int v = 0; v < n; ++v) store(out + at[v], finish<T>(q[v], constant));
    });
}

template <class T>
void log_density_full(const Tile<T>& tile, Groups groups, Point<T> mean, const T* factor, T constant, Cutoff<T> cutoff,
                      T* scratch, T* out) noexcept {
    if (cutoff.best != nullptr) {
        return log_density_large<0, true>(tile, groups, mean, factor, constant, cutoff, scratch, out);
    }
    switch (tile.n_features) {
        case 1: return log_density_small<1>(tile, groups, mean, factor, constant, out);
        case 2: return log_density_small<2>(tile, groups, mean, factor, constant, out);
        case 3: return log_density_small<3>(tile, groups, mean, factor, constant, out);
        case 4: return log_density_small<4>(tile, groups, mean, factor, constant, out);
        case 5: return log_density_small<5>(tile, groups, mean, factor, constant, out);
        case 6: return log_density_small<6>(tile, groups, mean, factor, constant, out);
        default: break;
    }
    switch (round_up(tile.n_features, 2)) {
        case 8: return log_density_large<8>(tile, groups, mean, factor, constant, cutoff, scratch, out);
        case 10: return log_density_large<10>(tile, groups, mean, factor, constant, cutoff, scratch, out);
        case 12: return log_density_large<12>(tile, groups, mean, factor, constant, cutoff, scratch, out);
        case 14: {
            constexpr int unrolled = registers < 32 ? 14 : 0;  // with more registers, a loop spills less
            return log_density_large<unrolled>(tile, groups, mean, factor, constant, cutoff, scratch, out);
        }
        case 16: return log_density_large<16>(tile, groups, mean, factor, constant, cutoff, scratch, out);
        default: return log_density_large<0>(tile, groups, mean, factor, constant, cutoff, scratch, out);
    }
}

template <class T>
void whiten(const Tile<T>& tile, Point<T> mean, const T* factor, T* scratch, T* out) noexcept {
    for_each_vectors<row_vectors>(tile, Groups{}, [=](const auto& at) {
        constexpr int n = length<decltype(at)>;
        multiply_block(
            tile, at, mean, factor, round_up(tile.n_features, 2), scratch,
            [&](std::int64_t output, const Vec<T>(&y)[n]) {
                for (int r = 0; r < n && output < tile.n_features; ++r) {
                    store(out + output * tile.stride + at[r], y[r]);
                }
            },
            [] { return true; });
    });
}

/// Computes `Outputs` rows of a matrix in panels, from `panels` on, times V vectors of centred rows z.
template <int Outputs, int V, class T, class Use>
ALWAYS_INLINE void turn_outputs(const T* z, std::int64_t d, const T* panels, Use use) {
    Vec<T> y[Outputs][V] = {};
    for (std::int64_t c = 0; c < d; ++c) {
        Vec<T> column[V];
        for (int r = 0; r < V; ++r) column[r] = load(z + (c * V + r) * width<T>);
#pragma GCC unroll 8
        for (int a = 0; a < Outputs; ++a) {
            const Vec<T> w = broadcast(panels[a / panel * panel * d + c * panel + a % panel]);
            for (int r = 0; r < V; ++r) y[a][r] = fma(w, column[r], y[a][r]);
        }
    }
    for (int a = 0; a < Outputs; ++a) use(a, y[a]);
}

template <class T>
void turn(const Tile<T>& tile, Point<T> centre, const T* matrix, T* scratch, T* out) noexcept {
    const std::int64_t d = tile.n_features;
    for_each_vectors<row_vectors>(tile, Groups{}, [=](const auto& at) {
        constexpr int n = length<decltype(at)>;
        for (std::int64_t j = 0; j < d; ++j) {
            const Centre<T> own(centre, j);
            const T* x = tile.columns + j * tile.stride;
            for (int r = 0; r < n; ++r) {
                store(scratch + (j * n + r) * width<T>, own.subtract_from(load(x + at[r])));
            }
        }
        for (std::int64_t first = 0; first < d;) {
            const auto use = [=](int a, const Vec<T>(&y)[n]) {
                for (int r = 0; r < n && first + a < d; ++r) store(out + (first + a) * tile.stride + at[r], y[r]);
            };
            if (sums_together > panel && first + panel < d) {
                turn_outputs<sums_together, n>(scratch, d, matrix + first * d, use);
                first += sums_together;
            } else {
                turn_outputs<panel, n>(scratch, d, matrix + first * d, use);
                first += panel;
            }
        }
    });
}

/// Computes q = sum_j y_j^2 with y_j = `whitened(x_j, j)`, without correlations; `use(i, q)` takes it for a vector of
/// rows.
template <class T, class Whitened, class Use>
inline void for_each_separable(const Tile<T>& tile, Groups groups, Whitened whitened, Use use) {
    constexpr int together = std::is_same_v<T, double> ? 8 : 4;  // the centres of floats need registers
    for_each_vectors<together>(tile, groups, [=](const auto& at) {
        constexpr int n = length<decltype(at)>;
        Vec<T> q[n] = {};
        for (std::int64_t j = 0; j < tile.n_features; ++j) {
            const T* x = tile.columns + j * tile.stride;
            whitened(j, [&](auto whiten_one) {
                for (int v = 0; v < n; ++v) {
                    const Vec<T> y = whiten_one(load(x + at[v]));
                    q[v] = fma(y, y, q[v]);
                }
            });
        }
        for (int v = 0; v < n; ++v) use(at[v], q[v]);
    });
}

template <class T>
void log_density_diagonal(const Tile<T>& tile, Groups groups, Point<T> mean, const T* scale, T constant,
                          T* out) noexcept {
    for_each_separable(
        tile, groups,
        [=](std::int64_t j, auto rows) {
            const Centre<T> centre(mean, j);
            const Vec<T> s = broadcast(scale[j]);
            rows([=](Vec<T> x) { return centre.subtract_from(x) * s; });
        },
        [=](std::int64_t i, Vec<T> q) { store(out + i, finish<T>(q, constant)); });
}

template <class T>
void log_density_affine(const Tile<T>& tile, Groups groups, const T* scale, const T* offset, T constant,
                        T* out) noexcept {
    for_each_separable(
        tile, groups,
        [=](std::int64_t j, auto rows) {
            const Vec<T> s = broadcast(scale[j]);
            const Vec<T> t = broadcast(offset[j]);
            rows([=](Vec<T> x) { return fma(x, s, t); });
        },
        [=](std::int64_t i, Vec<T> q) { store(out + i, finish<T>(q, constant)); });
}

template <class T>
void log_density_scalar(const Tile<T>& tile, Groups groups, Point<T> mean, T scale, T constant, T* squares,
                        T* out) noexcept {
    for_each_separable(
        tile, groups,
        [=](std::int64_t j, auto rows) {
            const Centre<T> centre(mean, j);
            rows([=](Vec<T> x) { return centre.subtract_from(x); });
        },
        [=](std::int64_t i, Vec<T> q) {
            if (squares != nullptr) store(squares + i, minimum(q, broadcast(Limits<T>::largest)));
            store(out + i, finish<T>(q * scale * scale, constant));
        });
}

template <class T>
void log_density_unit(const Tile<T>& tile, const T* mean, T constant, T* out) noexcept {
    for_each_separable(
        tile, Groups{},
        [=](std::int64_t j, auto rows) {
            const Vec<T> m = broadcast(mean[j]);
            rows([=](Vec<T> x) { return x - m; });
        },
        [=](std::int64_t i, Vec<T> q) { store(out + i, finish<T>(q, constant)); });
}

}  // namespace
