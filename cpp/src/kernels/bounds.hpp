/// Lower bounds on the distances of a group of rows to each component, in fixed point: made from log densities,
/// carried to the next model, and compared with what could still matter.
#pragma once

#include "kernels/layout.hpp"
#include "kernels/responsibilities.hpp"

namespace {

using gaussmix::kernels::bound_unit;
using gaussmix::kernels::largest_bound;

/// How far computed distances and log densities may be off, many times over: of a distance, and of the numbers that a
/// squared distance is the difference of.
template <class T>
struct Slack;
template <>
struct Slack<double> {
    static constexpr float distance = 1e-6F;
    static constexpr double difference = 1e-13;
};
template <>
struct Slack<float> {
    static constexpr float distance = 1e-3F;
    static constexpr float difference = 1e-6F;
};

constexpr int bounds_together = gaussmix::kernels::bounds_block;
typedef std::int16_t Bounds __attribute__((vector_size(2 * bounds_together), aligned(2), may_alias));
typedef float FloatBounds __attribute__((vector_size(4 * bounds_together)));
typedef float UnalignedFloats __attribute__((vector_size(4 * bounds_together), aligned(4), may_alias));
typedef std::int8_t Flags __attribute__((vector_size(bounds_together), aligned(1), may_alias));

template <class T>
inline T fold_lanes(Vec<T> v, T (*combine)(T, T)) {
    T result = v[0];
    for (int lane = 1; lane < width<T>; ++lane) result = combine(result, v[lane]);
    return result;
}

template <class T>
T least_best(const T* r, std::int64_t n_rows, Components components, std::int64_t stride) noexcept {
    Vec<T> least_of = broadcast(Limits<T>::largest);
    for (std::int64_t i = 0; i < n_rows; i += width<T>) {
        Vec<T> best = load(r + nth(components, 0) * stride + i);
        for (std::int64_t s = 1; s < components.n; ++s) {
            best = maximum(load(r + nth(components, s) * stride + i), best);
        }
        least_of = minimum(best, least_of);
    }
    return fold_lanes<T>(least_of, [](T a, T b) { return a < b ? a : b; });
}

template <class T>
void record(const T* r, std::int64_t n_rows, Components components, std::int64_t stride, const T* constants,
            std::int16_t* bounds) noexcept {
    for (std::int64_t s = 0; s < components.n; ++s) {
        const std::int64_t k = nth(components, s);
        Vec<T> largest = load(r + k * stride);
        for (std::int64_t i = width<T>; i < n_rows; i += width<T>) largest = maximum(load(r + k * stride + i), largest);
        const T top = fold_lanes<T>(largest, [](T a, T b) { return a > b ? a : b; });
        const T constant = constants[k];
        const T slack = Slack<T>::difference * ((constant < 0 ? -constant : constant) + (top < 0 ? -top : top));
        const auto square = static_cast<float>(2 * (constant - top) - slack);
        // Not positive either where a component of weight zero has left no number.
        const float bound = square > 0 ? __builtin_sqrtf(square) * ((1 - Slack<T>::distance) / bound_unit) : 0;
        bounds[k] = static_cast<std::int16_t>(bound < largest_bound ? bound : largest_bound);
    }
}

void screen(std::int16_t* bounds, std::int64_t n_components, const float* scale, const float* shift, const float* reach,
            float worst, std::int8_t* needed) noexcept {
    for (std::int64_t k = 0; k < n_components; k += bounds_together) {
        Bounds* at = reinterpret_cast<Bounds*>(bounds + k);
        const auto wide = [&](const float* p) { return *reinterpret_cast<const UnalignedFloats*>(p + k); };
        // The rounding of floats is below a hundredth of a unit, or, where the scale is far above 1, below the
        // millionth that the shift was raised by.
        FloatBounds bound = __builtin_convertvector(*at, FloatBounds) * wide(scale) - wide(shift) - 0.01F;
        bound = bound > 0.0F ? bound : FloatBounds{};
        bound = bound < largest_bound ? bound : largest_bound - FloatBounds{};
        *at = __builtin_convertvector(__builtin_convertvector(bound, VectorOf<std::int32_t, 4 * bounds_together>::Type),
                                      Bounds);
        const FloatBounds distance = bound * bound_unit;
        *reinterpret_cast<Flags*>(needed + k) =
            __builtin_convertvector(~(distance * distance > wide(reach) - worst), Flags);
    }
}

}  // namespace
