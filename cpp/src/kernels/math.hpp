/// exp and log on vectors, with the same bits on every instruction set with FMA, within one unit in the last place
/// (measured by tests/cpp/test_math.cpp); without FMA, exp is within 1.3 units.
#pragma once

#include "kernels/simd.hpp"

namespace {

/// exp(x) for x <= 0: Cody-Waite reduction x = n ln 2 + r, |r| <= ln 2 / 2, and a Chebyshev polynomial in r.
template <class T>
struct Exp;
template <>
struct Exp<double> {
    static constexpr double shift = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
    static constexpr double floor = -708.396418532264;   // of log(2^-1022), and the results are normal numbers
    static constexpr double ln2_high = 6.93147180369123816490e-01;
    static constexpr double ln2_low = 1.90821492927058770002e-10;
    static constexpr int mantissa_bits = 52;
    static constexpr double coefficients[] = {2.511491606445952e-08,
                                              2.7632695699976396e-07,
                                              2.7557224818395814e-06,
                                              2.4801485330455693e-05,
                                              0.0001984126990936877,
                                              0.001388888895245707,
                                              0.008333333333309456,
                                              0.04166666666648756,
                                              0.16666666666666702,
                                              0.5000000000000019,
                                              1.0,
                                              1.0};
};
template <>
struct Exp<float> {
    static constexpr float shift = 12582912.0F;  // 1.5 * 2^23
    static constexpr float floor = -87.33654F;   // of log(2^-126)
    static constexpr float ln2_high = 0.693359375F;
    static constexpr float ln2_low = -2.12194440e-4F;
    static constexpr int mantissa_bits = 23;
    static constexpr float coefficients[] = {0.00019882731430698186F,
                                             0.0013926213141530752F,
                                             0.00833332072943449F,
                                             0.041666556149721146F,
                                             0.1666666716337204F,
                                             0.5F,
                                             1.0F,
                                             1.0F};
};

/// Computes exp of N vectors at once, step by step, so that their long chains overlap even in a small scheduler. Zero
/// if x is NaN or less than `floor`, which is at least Exp<T>::floor: results are then normal numbers, so that a host
/// that flushes subnormal ones gets the same bits.
template <class T, int N>
inline void exp_nonpositive(Vec<T> (&x)[N], const Vec<T> (&floor)[N]) {
    using E = Exp<T>;
    Vec<T> shifted[N];
    Vec<T> r[N];
    Vec<T> p[N];
    for (int v = 0; v < N; ++v) shifted[v] = fma(x[v], broadcast(T(1.4426950408889634)), broadcast(E::shift));
    for (int v = 0; v < N; ++v) r[v] = fma(shifted[v] - broadcast(E::shift), broadcast(-E::ln2_high), x[v]);
    for (int v = 0; v < N; ++v) r[v] = fma(shifted[v] - broadcast(E::shift), broadcast(-E::ln2_low), r[v]);
    for (int v = 0; v < N; ++v) p[v] = broadcast(E::coefficients[0]);
    constexpr int n_coefficients = static_cast<int>(sizeof(E::coefficients) / sizeof(T));
#pragma GCC unroll 12
    for (int c = 1; c < n_coefficients; ++c) {
        for (int v = 0; v < N; ++v) p[v] = fma(p[v], r[v], broadcast(E::coefficients[c]));
    }
    for (int v = 0; v < N; ++v) {
        // Times 2^n; arbitrary bits far below the floor.
        const UintVec<T> scaled =
            reinterpret_cast<UintVec<T>>(p[v]) + (reinterpret_cast<UintVec<T>>(shifted[v]) << E::mantissa_bits);
        x[v] = reinterpret_cast<Vec<T>>(select(x[v] >= floor[v], scaled, UintVec<T>{}));
    }
}

/// Returns exp, or zero if the result would not be a normal number.
template <class T, int N>
inline void exp_nonpositive(Vec<T> (&x)[N]) {
    Vec<T> floor[N];
    for (int v = 0; v < N; ++v) floor[v] = broadcast(Exp<T>::floor);
    exp_nonpositive<T>(x, floor);
}

/// Returns log(x) for normal x >= 1/sqrt(2): x = 2^e m, log m by the series in f/(2+f), f = m - 1 (as in fdlibm's
/// e_log.c, Sun Microsystems 1993).
inline Vec<double> log_positive(Vec<double> x) {
    const IntVec<double> half_root = 0x3FE6A09E667F3BCD - IntVec<double>{};  // sqrt(1/2)
    const auto exponent =
        reinterpret_cast<IntVec<double>>(reinterpret_cast<UintVec<double>>(bits<double>(x) - half_root) >> 52);
    const Vec<double> m = from_bits<double>(bits<double>(x) - (exponent << 52));
    const Vec<double> magic = broadcast(4503599627370496.0);  // 2^52: its low bits are an integer
    const Vec<double> e = from_bits<double>(exponent | bits<double>(magic)) - magic;
    const Vec<double> f = m - 1.0;
    const Vec<double> s = f / (2.0 + f);
    const Vec<double> z = s * s;
    Vec<double> series = broadcast(1.479819860511658591e-01);
    constexpr double coefficients[] = {1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01,
                                       2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01};
    for (const double c : coefficients) series = fma(series, z, broadcast(c));
    const Vec<double> half_square = 0.5 * f * f;
    const Vec<double> low = fma(e, broadcast(1.90821492927058770002e-10), s * fma(series, z, half_square));
    return fma(e, broadcast(6.93147180369123816490e-01), f - (half_square - low));
}

}  // namespace
