/// From log densities to responsibilities: soft (EM) or all to the best (k-means). Rows stand in the vector lanes.
#pragma once

#include "kernels/math.hpp"

namespace {

/// Two passes over the components: the maximum, then exp of what is at most zero. A row whose log densities are all
/// minus infinity gets equal responsibilities.
void responsibilities(double* r, std::int64_t n_rows, std::int64_t n_components, std::int64_t stride,
                      const double* weight, double* lse) noexcept {
    for (std::int64_t i = 0; i < n_rows; i += vector_width) {
        double* column = r + i;
        Vec best = load(column);
        for (std::int64_t k = 1; k < n_components; ++k) best = maximum(load(column + k * stride), best);
        Vec sum = {};
        for (std::int64_t k = 0; k < n_components; ++k) {
            const Vec logp = load(column + k * stride);
            const Vec e = exp_nonpositive(select(logp == best, Vec{}, logp - best));
            store(column + k * stride, e);
            sum += e;
        }
        const Vec scale = load(weight + i) / sum;
        for (std::int64_t k = 0; k < n_components; ++k) {
            store(column + k * stride, load(column + k * stride) * scale);
        }
        store(lse + i, best + log_positive(sum));
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
