/// One vector of doubles or floats, as wide as the instruction set has it, and the few operations the kernels need.
/// Included inside an anonymous namespace's translation unit of isa/; GCC and Clang vector extensions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/layout.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace {

// For loops that need all registers: compiled separately, not inlined into a caller.
#define NOT_INLINE __attribute__((noinline))
// For functions whose arrays stay in registers only when inlined.
#if defined(__NO_INLINE__)
#define ALWAYS_INLINE inline
#else
#define ALWAYS_INLINE __attribute__((always_inline)) inline
#endif

// For operations of one instruction: inlined even where nothing else is, so that tests whose lines are counted end.
#define VECTOR_INLINE __attribute__((always_inline)) inline

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
constexpr int row_vectors = 3;  // row vectors that outputs are computed for at once
constexpr int registers = 32;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32;
constexpr int row_vectors = 3;
constexpr int registers = 16;
#elif defined(__aarch64__)
constexpr int vector_bytes = 16;
constexpr int row_vectors = 3;
constexpr int registers = 32;
#else
constexpr int vector_bytes = 16;
constexpr int row_vectors = 2;
constexpr int registers = 16;
#endif

/// The number of sums, for each of three vectors, that fill the registers.
constexpr int sums_together = registers >= 32 ? 8 : 4;

/// Numbers in a vector.
template <class T>
constexpr int width = vector_bytes / static_cast<int>(sizeof(T));

/// Sums over rows run in this many lanes on every instruction set, so that they give the same bits.
template <class T>
constexpr int virtual_width = static_cast<int>(gaussmix::kernels::group_rows<T>);
constexpr int vectors_per_virtual = static_cast<int>(gaussmix::kernels::group_bytes) / vector_bytes;

constexpr std::int64_t least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

/// An integer as a type, for generic lambdas.
template <int N>
using Constant = std::integral_constant<int, N>;

/// What kernels need to know about T: the largest number, and the integer of its size.
template <class T>
struct Limits;
template <>
struct Limits<double> {
    static constexpr double largest = 1.7976931348623157e308;
    using Bits = std::int64_t;
};
template <>
struct Limits<float> {
    static constexpr float largest = 3.40282347e38F;
    using Bits = std::int32_t;
};

/// A vector of `Bytes` bytes, in a register and in memory.
template <class T, int Bytes>
struct VectorOf {
    typedef T Type __attribute__((vector_size(Bytes)));
    typedef Type Unaligned __attribute__((aligned(sizeof(T)), may_alias));
};

template <class T>
using Vec = typename VectorOf<T, vector_bytes>::Type;
template <class T>
using IntVec =
    typename VectorOf<typename Limits<T>::Bits, vector_bytes>::Type;  // of the same width, as masks and bits are

template <class T>
using UintVec = typename VectorOf<std::make_unsigned_t<typename Limits<T>::Bits>, vector_bytes>::Type;

template <class T>
VECTOR_INLINE Vec<T> load(const T* p) {
    return *reinterpret_cast<const typename VectorOf<T, vector_bytes>::Unaligned*>(p);
}
template <class T>
VECTOR_INLINE void store(T* p, std::common_type_t<Vec<T>> v) {
    *reinterpret_cast<typename VectorOf<T, vector_bytes>::Unaligned*>(p) = v;
}
template <class T>
VECTOR_INLINE Vec<T> broadcast(T x) {
    return x - Vec<T>{};
}
template <class T>
VECTOR_INLINE IntVec<T> bits(Vec<T> v) {
    return reinterpret_cast<IntVec<T>>(v);
}
template <class T>
VECTOR_INLINE Vec<T> from_bits(IntVec<T> v) {
    return reinterpret_cast<Vec<T>>(v);
}
template <class Mask, class V>
VECTOR_INLINE V select(Mask mask, V yes, V no) {
    return mask ? yes : no;
}

// maximum and minimum: b where a is NaN. fma: a * b + c, rounded once where the instruction set can.
#if defined(__AVX512F__)
// With a mask of all lanes: GCC 12 warns of its own headers otherwise.
VECTOR_INLINE Vec<double> maximum(Vec<double> a, Vec<double> b) { return _mm512_maskz_max_pd(0xFF, a, b); }
VECTOR_INLINE Vec<float> maximum(Vec<float> a, Vec<float> b) { return _mm512_maskz_max_ps(0xFFFF, a, b); }
VECTOR_INLINE Vec<double> minimum(Vec<double> a, Vec<double> b) { return _mm512_maskz_min_pd(0xFF, a, b); }
VECTOR_INLINE Vec<float> minimum(Vec<float> a, Vec<float> b) { return _mm512_maskz_min_ps(0xFFFF, a, b); }
VECTOR_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) { return _mm512_fmadd_pd(a, b, c); }
VECTOR_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return _mm512_fmadd_ps(a, b, c); }
#elif defined(__AVX2__)
VECTOR_INLINE Vec<double> maximum(Vec<double> a, Vec<double> b) { return _mm256_max_pd(a, b); }
VECTOR_INLINE Vec<float> maximum(Vec<float> a, Vec<float> b) { return _mm256_max_ps(a, b); }
VECTOR_INLINE Vec<double> minimum(Vec<double> a, Vec<double> b) { return _mm256_min_pd(a, b); }
VECTOR_INLINE Vec<float> minimum(Vec<float> a, Vec<float> b) { return _mm256_min_ps(a, b); }
VECTOR_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) { return _mm256_fmadd_pd(a, b, c); }
VECTOR_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return _mm256_fmadd_ps(a, b, c); }
#else
template <class V>
VECTOR_INLINE V maximum(V a, V b) {
    return select(a > b, a, b);
}
template <class V>
VECTOR_INLINE V minimum(V a, V b) {
    return select(a < b, a, b);
}
#if defined(__aarch64__)
VECTOR_INLINE Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) {
    return reinterpret_cast<Vec<double>>(vfmaq_f64(reinterpret_cast<float64x2_t>(c), reinterpret_cast<float64x2_t>(a),
                                                   reinterpret_cast<float64x2_t>(b)));
}
VECTOR_INLINE Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) {
    return reinterpret_cast<Vec<float>>(vfmaq_f32(reinterpret_cast<float32x4_t>(c), reinterpret_cast<float32x4_t>(a),
                                                  reinterpret_cast<float32x4_t>(b)));
}
#else
template <class V>
VECTOR_INLINE std::enable_if_t<!std::is_arithmetic_v<V>, V> fma(V a, V b, V c) {
    return a * b + c;
}
#endif
#endif

/// Returns a bit for each lane of a comparison that holds.
template <class T>
inline unsigned lanes_of(IntVec<T> comparison) {
#if defined(__AVX512F__)
    const auto mask = reinterpret_cast<__m512i>(comparison);
    return sizeof(T) == 8 ? _mm512_test_epi64_mask(mask, mask) : _mm512_test_epi32_mask(mask, mask);
#elif defined(__AVX2__)
    return static_cast<unsigned>(sizeof(T) == 8 ? _mm256_movemask_pd(reinterpret_cast<__m256d>(comparison))
                                                : _mm256_movemask_ps(reinterpret_cast<__m256>(comparison)));
#else
    unsigned lanes = 0;
    for (int i = 0; i < width<T>; ++i) lanes |= static_cast<unsigned>(comparison[i] & 1) << i;
    return lanes;
#endif
}

/// Stores start + l for each bit l of `lanes` that is set, in order; may overwrite what comes after them, up to N
/// numbers in all. Returns how many are set.
template <int N>
inline std::int64_t store_places(std::int32_t* to, std::int32_t start, unsigned lanes) {
#if defined(__AVX512F__)
    // Without a branch for each, which could not be predicted.
    using Eight = VectorOf<std::int32_t, 32>::Type;
    constexpr Eight count = {0, 1, 2, 3, 4, 5, 6, 7};
    for (int first = 0; first < N; first += 8) {
        const auto places = reinterpret_cast<__m256i>(count + (start + first));
        const auto mask = static_cast<__mmask8>(lanes >> first);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_maskz_compress_epi32(mask, places));
        to += __builtin_popcount(mask);
    }
#else
    for (unsigned left = lanes; left != 0; left &= left - 1) *to++ = start + __builtin_ctz(left);
#endif
    return __builtin_popcount(lanes);
}

/// Returns the fma of one number.
inline double fma(double a, double b, double c) {
#if defined(__AVX512F__) || defined(__AVX2__) || defined(__aarch64__)
    return __builtin_fma(a, b, c);
#else
    return a * b + c;
#endif
}

/// Four numbers, in which sums of lanes end. If no register is as wide, the compiler uses several.
template <class T>
using Quad = typename VectorOf<T, 4 * sizeof(T)>::Type;

template <class T>
inline Quad<T> load_quad(const T* p) {
    return *reinterpret_cast<const typename VectorOf<T, 4 * sizeof(T)>::Unaligned*>(p);
}

template <class T>
inline void store_quad(T* p, Quad<T> v) {
    *reinterpret_cast<typename VectorOf<T, 4 * sizeof(T)>::Unaligned*>(p) = v;
}

/// Returns the fma of four doubles, whatever the width of vectors.
inline Quad<double> fma_quad(Quad<double> a, Quad<double> b, Quad<double> c) {
#if defined(__AVX512F__)
    return _mm256_fmadd_pd(a, b, c);
#elif defined(__aarch64__)
    const auto half = [&](auto... lanes) {
        return fma(Vec<double>(__builtin_shufflevector(a, a, lanes.value...)),
                   Vec<double>(__builtin_shufflevector(b, b, lanes.value...)),
                   Vec<double>(__builtin_shufflevector(c, c, lanes.value...)));
    };
    return __builtin_shufflevector(half(Constant<0>(), Constant<1>()), half(Constant<2>(), Constant<3>()), 0, 1, 2, 3);
#else
    return fma(a, b, c);
#endif
}

/// Returns the square roots of four non-negative numbers.
inline Quad<float> square_root(Quad<float> v) {
#if defined(__x86_64__)
    return reinterpret_cast<Quad<float>>(_mm_sqrt_ps(reinterpret_cast<__m128>(v)));
#elif defined(__aarch64__)
    return reinterpret_cast<Quad<float>>(vsqrtq_f32(reinterpret_cast<float32x4_t>(v)));
#else
    for (int i = 0; i < 4; ++i) v[i] = __builtin_sqrtf(v[i]);
    return v;
#endif
}
inline Quad<double> square_root(Quad<double> v) {
#if defined(__AVX__)
    return reinterpret_cast<Quad<double>>(_mm256_sqrt_pd(reinterpret_cast<__m256d>(v)));
#else
    for (int i = 0; i < 4; ++i) v[i] = __builtin_sqrt(v[i]);
    return v;
#endif
}

/// Adds four numbers to four doubles.
template <class T>
inline void add_quad(double* p, Quad<T> v) {
    *reinterpret_cast<VectorOf<double, 32>::Unaligned*>(p) += __builtin_convertvector(v, Quad<double>);
}

/// Folds the lanes of a vector by halves down to four.
template <class T, class V>
inline Quad<T> fold_vector(V v) {
    constexpr std::size_t n = sizeof(V) / sizeof(T);
    if constexpr (n == 16) {
        return fold_vector<T>(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                              __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15));
    } else if constexpr (n == 8) {
        return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
    } else {
        static_assert(n == 4);
        return v;
    }
}

/// Folds the lanes of consecutive vectors by halves down to four.
template <class T>
inline Quad<T> fold(const Vec<T>* v) {
    if constexpr (vectors_per_virtual == 1) {
        return fold_vector<T>(v[0]);
    } else if constexpr (vectors_per_virtual == 2) {
        return fold_vector<T>(v[0] + v[1]);
    } else {
        T lane[virtual_width<T>];
        for (int i = 0; i < vectors_per_virtual; ++i) store(lane + i * width<T>, v[i]);
        for (int half = virtual_width<T> / 2; half > 4; half /= 2) {
            for (int i = 0; i < half; ++i) lane[i] += lane[i + half];
        }
        return load_quad(lane) + load_quad(lane + 4);
    }
}

/// Returns the sum of all lanes of consecutive vectors, in one fixed tree.
template <class T>
inline T sum_virtual(const Vec<T>* v) {
    const Quad<T> q = fold<T>(v);
    return (q[0] + q[2]) + (q[1] + q[3]);
}

/// Returns four of these sums at once, with the same bits.
template <class T>
inline Quad<T> sum_four(Quad<T> a, Quad<T> b, Quad<T> c, Quad<T> d) {
    const Quad<T> ab = __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
    const Quad<T> cd = __builtin_shufflevector(c, d, 0, 1, 4, 5) + __builtin_shufflevector(c, d, 2, 3, 6, 7);
    return __builtin_shufflevector(ab, cd, 0, 2, 4, 6) + __builtin_shufflevector(ab, cd, 1, 3, 5, 7);
}

}  // namespace
