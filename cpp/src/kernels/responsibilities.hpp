/// From log densities to responsibilities: soft (EM) or all to the best (k-means). Rows stand in the vector lanes.
#pragma once

#include "kernels/math.hpp"

namespace {

/// Two passes over the components: the maximum, then exp of what is at most zero. A row whose log densities are all
/// minus infinity gets equal responsibilities. Several vectors of rows go side by side, so that the long chains of exp
/// overlap.
template <int Vectors>
inline void responsibilities_block(double* r, std::int64_t n_components, std::int64_t stride, const double* weight,
                                   double* lse) {
    Vec best[Vectors];
    for (int v = 0; v < Vectors; ++v) best[v] = load(r + v * vector_width);
    for (std::int64_t k = 1; k < n_components; ++k) {
        for (int v = 0; v < Vectors; ++v) best[v] = maximum(load(r + k * stride + v * vector_width), best[v]);
    }
    Vec sum[Vectors] = {};
    for (std::int64_t k = 0; k < n_components; ++k) {
        for (int v = 0; v < Vectors; ++v) {
            double* at = r + k * stride + v * vector_width;
            const Vec logp = load(at);
            const Vec e = exp_nonpositive(select(logp == best[v], Vec{}, logp - best[v]));
            store(at, e);
            sum[v] += e;
        }
    }
    Vec scale[Vectors];
    for (int v = 0; v < Vectors; ++v) {
        scale[v] = load(weight + v * vector_width) / sum[v];
        store(lse + v * vector_width, best[v] + log_positive(sum[v]));
    }
    for (std::int64_t k = 0; k < n_components; ++k) {
        for (int v = 0; v < Vectors; ++v) {
            double* at = r + k * stride + v * vector_width;
            store(at, load(at) * scale[v]);
        }
    }
}

void responsibilities(double* r, std::int64_t n_rows, std::int64_t n_components, std::int64_t stride,
                      const double* weight, double* lse) noexcept {
    constexpr int together = 4;
    std::int64_t i = 0;
    for (; i + together * vector_width <= n_rows; i += together * vector_width) {
        responsibilities_block<together>(r + i, n_components, stride, weight + i, lse + i);
    }
    for (; i < n_rows; i += vector_width) {
        responsibilities_block<1>(r + i, n_components, stride, weight + i, lse + i);
    }
}

void assign(double* r, std::int64_t n_rows, std::int64_t n_components, std::int64_t stride, const double* weight,
            double* lse) noexcept {
    for (std::int64_t i = 0; i < n_rows; i += vector_width) {
        double* column = r + i;
        Vec best = load(column);
        Vec owner = {};
        for (std::int64_t k = 1; k < n_components; ++k) {
            const Vec logp = load(column + k * stride);
            owner = select(logp > best, broadcast(static_cast<double>(k)), owner);
            best = maximum(logp, best);
        }
        const Vec w = load(weight + i);
        for (std::int64_t k = 0; k < n_components; ++k) {
            store(column + k * stride, select(owner == broadcast(static_cast<double>(k)), w, Vec{}));
        }
        store(lse + i, best);
    }
}

}  // namespace
