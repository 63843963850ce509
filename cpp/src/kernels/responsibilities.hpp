/// From log densities to responsibilities: soft (EM) or all for the best component (k-means). Rows lie in the vector
/// lanes.
#pragma once

#include "kernels/math.hpp"
#include "kernels/table.hpp"

namespace {

using gaussmix::kernels::Components;
using gaussmix::kernels::LogSums;

/// Returns where a component's numbers are.
inline std::int64_t nth(Components components, std::int64_t s) {
    return components.index == nullptr ? s : components.index[s];
}

/// Two passes over the components: the maximum, which is finite because some component has weight (see `finish` in
/// density.hpp), then exp of numbers that are at most zero. `Vectors` of rows and `Together` components are processed
/// side by side.
template <int Vectors, int Together, class T>
inline void responsibilities_block(T* r, Components components, std::int64_t stride, const T* floor, const T* weight,
                                   LogSums<T> rows) {
    Vec<T> best[Vectors];
    const T* first = r + nth(components, 0) * stride;
    for (int v = 0; v < Vectors; ++v) best[v] = load(first + v * width<T>);
    for (std::int64_t s = 1; s < components.n; ++s) {
        const T* at = r + nth(components, s) * stride;
        for (int v = 0; v < Vectors; ++v) best[v] = maximum(load(at + v * width<T>), best[v]);
    }
    Vec<T> sum[Vectors] = {};
    const auto exponentials = [&](std::int64_t s, auto count) {
        constexpr int n = decltype(count)::value;
        Vec<T> e[n * Vectors];
        Vec<T> lower[n * Vectors];
        for (int c = 0; c < n; ++c) {
            const std::int64_t k = nth(components, s + c);
            for (int v = 0; v < Vectors; ++v) {
                e[c * Vectors + v] = load(r + k * stride + v * width<T>) - best[v];
                lower[c * Vectors + v] = broadcast(floor == nullptr ? Exp<T>::floor : floor[k]);
            }
        }
        exp_nonpositive<T>(e, lower);
        for (int c = 0; c < n; ++c) {
            T* at = r + nth(components, s + c) * stride;
            for (int v = 0; v < Vectors; ++v) {
                store(at + v * width<T>, e[c * Vectors + v]);
                sum[v] += e[c * Vectors + v];
            }
        }
    };
    std::int64_t s = 0;
    for (; s + Together <= components.n; s += Together) exponentials(s, std::integral_constant<int, Together>{});
    for (; s < components.n; ++s) exponentials(s, std::integral_constant<int, 1>{});
    Vec<T> scale[Vectors];
    for (int v = 0; v < Vectors; ++v) {
        scale[v] = load(weight + v * width<T>) / sum[v];
        store(rows.best + v * width<T>, best[v]);
        store(rows.sum + v * width<T>, sum[v]);
    }
    for (s = 0; s < components.n; ++s) {
        T* at = r + nth(components, s) * stride;
        for (int v = 0; v < Vectors; ++v) store(at + v * width<T>, load(at + v * width<T>) * scale[v]);
    }
}

/// Does the same for N components, whose numbers stay in registers.
template <int N, class T>
inline void responsibilities_of_few(T* r, std::int64_t n_rows, Components components, std::int64_t stride,
                                    const T* floor, const T* weight, LogSums<T> rows) {
    T* of[N];
    Vec<T> lower[N];
    for (int c = 0; c < N; ++c) {
        const std::int64_t k = nth(components, c);
        of[c] = r + k * stride;
        lower[c] = broadcast(floor == nullptr ? Exp<T>::floor : floor[k]);
    }
    // If there are enough registers, rows wait for their quotient while the next ones compute exponentials.
    constexpr std::int64_t lag = registers >= 32 ? width<T> : 0;
    Vec<T> e[N] = {};
    Vec<T> sum = broadcast(T(1));
    const auto scale_rows = [&](std::int64_t i, Vec<T> scale) {
        for (int c = 0; c < N; ++c) store(of[c] + i, e[c] * scale);
    };
    for (std::int64_t i = 0; i < n_rows; i += width<T>) {
        const std::int64_t waiting = i > 0 ? i - lag : 0;
        const Vec<T> scale = load(weight + waiting) / sum;
        Vec<T> next[N];
        for (int c = 0; c < N; ++c) next[c] = load(of[c] + i);
        Vec<T> best = next[0];
        for (int c = 1; c < N; ++c) best = maximum(next[c], best);
        for (int c = 0; c < N; ++c) next[c] -= best;
        exp_nonpositive<T>(next, lower);
        if (lag > 0 && i > 0) scale_rows(waiting, scale);
        for (int c = 0; c < N; ++c) e[c] = next[c];
        sum = e[0];
        for (int c = 1; c < N; ++c) sum += e[c];
        if (lag == 0) scale_rows(i, load(weight + i) / sum);
        store(rows.best + i, best);
        store(rows.sum + i, sum);
    }
    if (lag > 0) scale_rows(n_rows - lag, load(weight + n_rows - lag) / sum);
}

template <class T>
void responsibilities(T* r, std::int64_t n_rows, Components components, std::int64_t stride, const T* floor,
                      const T* weight, LogSums<T> rows) noexcept {
    switch (components.n) {
        case 1: return responsibilities_of_few<1>(r, n_rows, components, stride, floor, weight, rows);
        case 2: return responsibilities_of_few<2>(r, n_rows, components, stride, floor, weight, rows);
        case 3: return responsibilities_of_few<3>(r, n_rows, components, stride, floor, weight, rows);
        case 4: return responsibilities_of_few<4>(r, n_rows, components, stride, floor, weight, rows);
        default: break;
    }
    constexpr int together = 4;
    constexpr int group = vectors_per_virtual;
    std::int64_t i = 0;
    for (; i + together * width<T> <= n_rows; i += together * width<T>) {
        responsibilities_block<together, 1>(r + i, components, stride, floor, weight + i, rows.from(i));
    }
    for (; i < n_rows; i += group * width<T>) {
        responsibilities_block<group, (together + group - 1) / group>(r + i, components, stride, floor, weight + i,
                                                                      rows.from(i));
    }
}

/// Finds the best component of a vector of rows, the first of equal ones, and its number.
template <class T>
struct Top {
    Vec<T> value;
    Vec<T> owner;
};

/// `r` is where the rows begin; components are numbered by their place in the list.
template <class T>
inline Top<T> top_of(const T* r, Components components, std::int64_t stride) {
    Top<T> best{load(r + nth(components, 0) * stride), {}};
    for (std::int64_t s = 1; s < components.n; ++s) {
        const Vec<T> value = load(r + nth(components, s) * stride);
        best.owner = select(value > best.value, broadcast(static_cast<T>(s)), best.owner);
        best.value = maximum(value, best.value);
    }
    return best;
}

template <class T>
void top(const T* r, std::int64_t n_rows, Components components, std::int64_t stride, T* value, T* owner) noexcept {
    for (std::int64_t i = 0; i < n_rows; i += width<T>) {
        const Top<T> best = top_of(r + i, components, stride);
        store(value + i, best.value);
        store(owner + i, best.owner);
    }
}

template <class T>
void assign(T* r, std::int64_t n_rows, Components components, std::int64_t stride, const T*, const T* weight,
            LogSums<T> rows) noexcept {
    for (std::int64_t i = 0; i < n_rows; i += width<T>) {
        const Top<T> best = top_of<T>(r + i, components, stride);
        const Vec<T> w = load(weight + i);
        for (std::int64_t s = 0; s < components.n; ++s) {
            store(r + nth(components, s) * stride + i, select(best.owner == broadcast(static_cast<T>(s)), w, Vec<T>{}));
        }
        store(rows.best + i, best.value);
        store(rows.sum + i, broadcast(T(1)));
    }
}

/// Narrows whole numbers that fit into fewer bits.
template <class N, class V>
inline void store_narrow(N* to, V numbers) {
    using Narrow = VectorOf<N, static_cast<int>(sizeof(V) / sizeof(numbers[0]) * sizeof(N))>;
    *reinterpret_cast<typename Narrow::Unaligned*>(to) = __builtin_convertvector(numbers, typename Narrow::Type);
}

template <class T>
void label(const T* r, std::int64_t n_rows, Components components, std::int64_t stride, const T* constants,
           const T* allowances, T typical, gaussmix::kernels::Labels to) noexcept {
    for (std::int64_t i = 0; i < n_rows; i += width<T>) {
        Vec<T> owner = broadcast(static_cast<T>(nth(components, 0)));
        Vec<T> height = broadcast(constants[nth(components, 0)]);
        Vec<T> top = load(r + nth(components, 0) * stride + i);
        for (std::int64_t s = 1; s < components.n; ++s) {
            const std::int64_t k = nth(components, s);
            const Vec<T> value = load(r + k * stride + i);
            owner = select(value > top, broadcast(static_cast<T>(k)), owner);
            height = select(value > top, broadcast(constants[k]), height);
            top = maximum(value, top);
        }
        IntVec<T> near{};
        for (std::int64_t s = 0; s < components.n; ++s) {
            const std::int64_t k = nth(components, s);
            const Vec<T> value = load(r + k * stride + i);
            const IntVec<T> counts =
                (top - value <= broadcast(allowances[k])) & (owner != broadcast(static_cast<T>(k)));
            near |= counts & (1 << k % 8);
        }
        for (int shift = 1; shift < 8; shift *= 2) near ^= near >> shift;
        const Vec<T> level = T(2) * (height - top - typical) + T(128);
        store_narrow(to.best + i, __builtin_convertvector(owner, IntVec<T>));
        store_narrow(to.level + i,
                     __builtin_convertvector(minimum(maximum(level, Vec<T>{}), broadcast(T(255))), IntVec<T>));
        store_narrow(to.near + i, near);
    }
}

}  // namespace
