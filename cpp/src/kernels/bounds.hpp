/// Lower bounds on the distances of a group of rows to each component, in fixed point: made from log densities,
/// carried to the next model, and compared with what could still matter.
#pragma once

#include "kernels/layout.hpp"
#include "kernels/pack.hpp"
#include "kernels/responsibilities.hpp"

namespace {

using gaussmix::kernels::bound_unit;
using gaussmix::kernels::largest_bound;

/// Generous bounds on the errors of computed distances, and of the numbers whose difference a squared distance is.
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

/// Returns a bit for each comparison that holds.
inline unsigned bits_of(VectorOf<std::int32_t, 4 * bounds_together>::Type comparison) {
#if defined(__AVX2__)
    return static_cast<unsigned>(_mm256_movemask_ps(reinterpret_cast<__m256>(comparison)));
#else
    unsigned bits = 0;
    for (int i = 0; i < bounds_together; ++i) bits |= static_cast<unsigned>(comparison[i] & 1) << i;
    return bits;
#endif
}

/// Returns the larger of two numbers, four times.
template <class T>
inline Quad<T> larger(Quad<T> a, Quad<T> b) {
    return select(a > b, a, b);
}

template <class T>
T least_best(const T* r, std::int64_t n_rows, Components components, std::int64_t stride) noexcept {
    Quad<T> least_of = Limits<T>::largest - Quad<T>{};
    for (std::int64_t i = 0; i < n_rows; i += 4) {
        Quad<T> best = load_quad(r + nth(components, 0) * stride + i);
        for (std::int64_t s = 1; s < components.n; ++s) {
            best = larger<T>(load_quad(r + nth(components, s) * stride + i), best);
        }
        least_of = select(best < least_of, best, least_of);
    }
    const T first = least_of[0] < least_of[1] ? least_of[0] : least_of[1];
    const T last = least_of[2] < least_of[3] ? least_of[2] : least_of[3];
    return first < last ? first : last;
}

/// Returns the largest log density of some rows under each of four components.
template <class T>
inline Quad<T> largest_four(const T* const (&r)[4], std::int64_t n_rows) {
    Quad<T> top[4];
    for (int c = 0; c < 4; ++c) {
        top[c] = load_quad(r[c]);
        for (std::int64_t i = 4; i < n_rows; i += 4) top[c] = larger<T>(load_quad(r[c] + i), top[c]);
    }
    transpose_four<T>(top);
    return larger<T>(larger<T>(top[0], top[1]), larger<T>(top[2], top[3]));
}

template <class T>
void record(const T* r, std::int64_t n_rows, Components components, std::int64_t stride, const T* constants,
            std::int16_t* bounds) noexcept {
    for (std::int64_t s = 0; s < components.n; s += 4) {
        std::int64_t k[4];  // the last ones may be equal
        const T* of[4];
        Quad<T> constant;
        for (int c = 0; c < 4; ++c) {
            k[c] = nth(components, least(s + c, components.n - 1));
            of[c] = r + k[c] * stride;
            constant[c] = constants[k[c]];
        }
        const Quad<T> top = largest_four(of, n_rows);
        const Quad<T> slack =
            Slack<T>::difference * (select(constant < T(0), -constant, constant) + select(top < T(0), -top, top));
        const Quad<float> square = __builtin_convertvector(T(2) * (constant - top) - slack, Quad<float>);
        // Not positive either if a component of weight zero has no number.
        Quad<float> bound =
            square_root(select(square > 0.0F, square, Quad<float>{})) * ((1 - Slack<T>::distance) / bound_unit);
        bound = bound < largest_bound ? bound : largest_bound - Quad<float>{};
        for (int c = 0; c < 4; ++c) bounds[k[c]] = static_cast<std::int16_t>(bound[c]);
    }
}

void screen(std::int16_t* bounds, std::int64_t n_components, const float* scale, const float* shift, const float* reach,
            float worst, std::uint8_t* needed) noexcept {
    for (std::int64_t k = 0; k < n_components; k += bounds_together) {
        auto* at = reinterpret_cast<Bounds*>(bounds + k);
        const auto wide = [&](const float* p) { return *reinterpret_cast<const UnalignedFloats*>(p + k); };
        // The rounding of floats is below a hundredth of a unit, or, where the scale is far above 1, below the
        // millionth that the shift was raised by.
        FloatBounds bound = __builtin_convertvector(*at, FloatBounds) * wide(scale) - wide(shift) - 0.01F;
        bound = bound > 0.0F ? bound : FloatBounds{};
        bound = bound < largest_bound ? bound : largest_bound - FloatBounds{};
        *at = __builtin_convertvector(__builtin_convertvector(bound, VectorOf<std::int32_t, 4 * bounds_together>::Type),
                                      Bounds);
        const FloatBounds distance = bound * bound_unit;
        needed[k / bounds_together] = static_cast<std::uint8_t>(bits_of(~(distance * distance > wide(reach) - worst)));
    }
}

}  // namespace
