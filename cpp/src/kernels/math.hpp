/// exp and log on vectors, the same bits on every instruction set with FMA, where they are within one unit in the last
/// place (0.93 and 0.82, measured by tests/cpp/test_math.cpp); without FMA exp is within 1.3.
#pragma once

#include "kernels/simd.hpp"

namespace {

/// exp(x) for x <= 0. Cody-Waite reduction x = n ln 2 + r, |r| <= ln 2 / 2, and a Chebyshev polynomial of degree 11.
/// Zero below ln 2^-1022: no subnormal numbers, so that a host that flushes them gets the same bits.
inline Vec exp_nonpositive(Vec x) {
    const Vec shift = broadcast(6755399441055744.0);  // 1.5 * 2^52: adding it rounds to an integer
    const Vec clamped = maximum(x, broadcast(-709.0));
    const Vec shifted = fma(clamped, broadcast(1.4426950408889634), shift);
    const Vec n = shifted - shift;
    Vec r = fma(n, broadcast(-6.93147180369123816490e-01), clamped);
    r = fma(n, broadcast(-1.90821492927058770002e-10), r);
    constexpr double coefficients[] = {2.7632695699976396e-07,
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
    Vec p = broadcast(2.511491606445952e-08);
    for (const double c : coefficients) p = fma(p, r, broadcast(c));
    const Vec scaled = from_bits(bits(p) + (bits(shifted) << 52));  // times 2^n
    return select(x < broadcast(-708.396418532264106), Vec{}, scaled);
}

/// log(x) for normal x >= 1/sqrt(2): x = 2^e m, log m by the series in f/(2+f), f = m - 1 (as in fdlibm's e_log.c,
/// Sun Microsystems 1993).
inline Vec log_positive(Vec x) {
    const IntVec half_root = broadcast_bits(0x3FE6A09E667F3BCD);  // sqrt(1/2)
    typedef std::uint64_t UintVec __attribute__((vector_size(8 * vector_width)));
    const IntVec exponent = reinterpret_cast<IntVec>(reinterpret_cast<UintVec>(bits(x) - half_root) >> 52);
    const Vec m = from_bits(bits(x) - (exponent << 52));
    const Vec magic = broadcast(4503599627370496.0);  // 2^52: its low bits are an integer
    const Vec e = from_bits(exponent | bits(magic)) - magic;
    const Vec f = m - 1.0;
    const Vec s = f / (2.0 + f);
    const Vec z = s * s;
    Vec series = broadcast(1.479819860511658591e-01);
    constexpr double coefficients[] = {1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01,
                                       2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01};
    for (const double c : coefficients) series = fma(series, z, broadcast(c));
    const Vec half_square = 0.5 * f * f;
    const Vec low = fma(e, broadcast(1.90821492927058770002e-10), s * fma(series, z, half_square));
    return fma(e, broadcast(6.93147180369123816490e-01), f - (half_square - low));
}

}  // namespace
