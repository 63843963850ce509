/// One vector of doubles, as wide as the instruction set has it, and the few operations the kernels need.
/// Included inside an anonymous namespace's translation unit of isa/; GCC and Clang vector extensions.
#pragma once

#include <cstdint>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace {

#if defined(__AVX512F__)
constexpr int vector_width = 8;
constexpr int row_vectors = 4;  // row vectors a factor panel is multiplied with at once: 4 x 4 sums in registers
#elif defined(__AVX2__)
constexpr int vector_width = 4;
constexpr int row_vectors = 3;
#elif defined(__aarch64__)
constexpr int vector_width = 2;
constexpr int row_vectors = 4;
#else
constexpr int vector_width = 2;
constexpr int row_vectors = 2;
#endif

/// Sums over rows run in this many lanes on every instruction set, so that they give the same bits.
constexpr int virtual_width = 8;
constexpr int vectors_per_virtual = virtual_width / vector_width;

typedef double Vec __attribute__((vector_size(8 * vector_width)));
typedef std::int64_t IntVec __attribute__((vector_size(8 * vector_width)));
typedef Vec UnalignedVec __attribute__((aligned(8), may_alias));

inline Vec load(const double* p) { return *reinterpret_cast<const UnalignedVec*>(p); }
inline void store(double* p, Vec v) { *reinterpret_cast<UnalignedVec*>(p) = v; }
inline Vec broadcast(double x) { return x - Vec{}; }
inline IntVec broadcast_bits(std::int64_t x) { return x - IntVec{}; }
inline IntVec bits(Vec v) { return reinterpret_cast<IntVec>(v); }
inline Vec from_bits(IntVec v) { return reinterpret_cast<Vec>(v); }
inline Vec select(IntVec mask, Vec yes, Vec no) { return mask ? yes : no; }
inline Vec maximum(Vec a, Vec b) { return select(a > b, a, b); }  // b where a is NaN
inline Vec minimum(Vec a, Vec b) { return select(a < b, a, b); }  // likewise

/// a * b + c, rounded once where the instruction set can.
inline Vec fma(Vec a, Vec b, Vec c) {
#if defined(__AVX512F__)
    return reinterpret_cast<Vec>(
        _mm512_fmadd_pd(reinterpret_cast<__m512d>(a), reinterpret_cast<__m512d>(b), reinterpret_cast<__m512d>(c)));
#elif defined(__AVX2__)
    return reinterpret_cast<Vec>(
        _mm256_fmadd_pd(reinterpret_cast<__m256d>(a), reinterpret_cast<__m256d>(b), reinterpret_cast<__m256d>(c)));
#elif defined(__aarch64__)
    return reinterpret_cast<Vec>(vfmaq_f64(reinterpret_cast<float64x2_t>(c), reinterpret_cast<float64x2_t>(a),
                                           reinterpret_cast<float64x2_t>(b)));
#else
    return a * b + c;
#endif
}

/// The same for one number.
inline double fma(double a, double b, double c) {
#if defined(__AVX512F__) || defined(__AVX2__) || defined(__aarch64__)
    return __builtin_fma(a, b, c);
#else
    return a * b + c;
#endif
}

/// The sum of eight lanes held in consecutive vectors, in one fixed tree.
inline double sum_virtual(const Vec* v) {
    double lane[virtual_width];
    for (int i = 0; i < vectors_per_virtual; ++i) store(lane + i * vector_width, v[i]);
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

}  // namespace
