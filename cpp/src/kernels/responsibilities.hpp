/// From log densities to responsibilities: soft (EM) or all to the best (k-means). Rows stand in the vector lanes.
#pragma once

#include "kernels/math.hpp"

namespace {

/// lse = best + log(sum), in double whatever T.
template <class T>
inline void store_lse(double* lse, Vec<T> best, Vec<T> sum) {
    if constexpr (std::is_same_v<T, double>) {
        store(lse, best + log_positive(sum));
    } else {
        double wide_best[width<T>];
        double wide_sum[width<T>];
        for (int i = 0; i < width<T>; ++i) wide_best[i] = static_cast<double>(best[i]);
        for (int i = 0; i < width<T>; ++i) wide_sum[i] = static_cast<double>(sum[i]);
        for (int i = 0; i < width<T>; i += width<double>) {
            store(lse + i, load(wide_best + i) + log_positive(load(wide_sum + i)));
        }
    }
}

/// What is this much less likely than a row's best component counts as nothing, 2^-100: of a billion rows no component
/// loses a part in 10^13 of what it is pruned for, and the M-step can leave out most rows of most components.
template <class T>
constexpr T negligible = T(7.888609052210118e-31);

/// Two passes over the components: the maximum, which is finite as some component has weight (see `finish` in
/// density.hpp), then exp of what is at most zero. Several vectors of rows go side by side.
template <int Vectors, class T>
inline void responsibilities_block(T* r, std::int64_t n_components, std::int64_t stride, const T* weight, double* lse) {
    Vec<T> best[Vectors];
    for (int v = 0; v < Vectors; ++v) best[v] = load(r + v * width<T>);
    for (std::int64_t k = 1; k < n_components; ++k) {
        for (int v = 0; v < Vectors; ++v) best[v] = maximum(load(r + k * stride + v * width<T>), best[v]);
    }
    Vec<T> sum[Vectors] = {};
    for (std::int64_t k = 0; k < n_components; ++k) {
        Vec<T> e[Vectors];
        for (int v = 0; v < Vectors; ++v) {
            e[v] = load(r + k * stride + v * width<T>) - best[v];
        }
        exp_nonpositive<T>(e, negligible<T>);
        for (int v = 0; v < Vectors; ++v) {
            store(r + k * stride + v * width<T>, e[v]);
            sum[v] += e[v];
        }
    }
    Vec<T> scale[Vectors];
    for (int v = 0; v < Vectors; ++v) {
        scale[v] = load(weight + v * width<T>) / sum[v];
        store_lse<T>(lse + v * width<T>, best[v], sum[v]);
    }
    for (std::int64_t k = 0; k < n_components; ++k) {
        for (int v = 0; v < Vectors; ++v) {
            T* at = r + k * stride + v * width<T>;
            store(at, load(at) * scale[v]);
        }
    }
}

template <class T>
void responsibilities(T* r, std::int64_t n_rows, std::int64_t n_components, std::int64_t stride, const T* weight,
                      double* lse) noexcept {
    constexpr int together = 4;
    std::int64_t i = 0;
    for (; i + together * width<T> <= n_rows; i += together * width<T>) {
        responsibilities_block<together>(r + i, n_components, stride, weight + i, lse + i);
    }
    for (; i < n_rows; i += width<T>) {
        responsibilities_block<1>(r + i, n_components, stride, weight + i, lse + i);
    }
}

template <class T>
void assign(T* r, std::int64_t n_rows, std::int64_t n_components, std::int64_t stride, const T* weight,
            double* lse) noexcept {
    for (std::int64_t i = 0; i < n_rows; i += width<T>) {
        T* column = r + i;
        Vec<T> best = load(column);
        Vec<T> owner = {};
        for (std::int64_t k = 1; k < n_components; ++k) {
            const Vec<T> logp = load(column + k * stride);
            owner = select(logp > best, broadcast(static_cast<T>(k)), owner);
            best = maximum(logp, best);
        }
        const Vec<T> w = load(weight + i);
        for (std::int64_t k = 0; k < n_components; ++k) {
            store(column + k * stride, select(owner == broadcast(static_cast<T>(k)), w, Vec<T>{}));
        }
        for (int lane = 0; lane < width<T>; ++lane) lse[i + lane] = static_cast<double>(best[lane]);
    }
}

}  // namespace
