#include "em/mstep/gamma.hpp"

#include <cmath>

namespace gaussmix::em {
namespace {

constexpr double far = 12;  // from here on eight terms of the series (Abramowitz and Stegun 6.1.41, 6.3.18) are exact

/// Returns sum_i c_i x^-2i.
template <int n>
double series(const double (&c)[n], double x) noexcept {
    const double z = 1 / (x * x);
    double sum = 0;
    for (int i = n - 1; i >= 0; --i) sum = sum * z + c[i];
    return sum;
}

}  // namespace

double log_gamma(double x) noexcept {
    static constexpr double c[] = {1.0 / 12,   -1.0 / 360,      1.0 / 1260, -1.0 / 1680,
                                   1.0 / 1188, -691.0 / 360360, 1.0 / 156,  -3617.0 / 122400};
    constexpr double half_log_two_pi = 0.91893853320467274178;
    double product = 1;
    for (; x < far; ++x) product *= x;
    return (x - 0.5) * std::log(x) - x + half_log_two_pi + series(c, x) / x - std::log(product);
}

double digamma(double x) noexcept {
    static constexpr double c[] = {1.0 / 12,  -1.0 / 120,     1.0 / 252, -1.0 / 240,
                                   1.0 / 132, -691.0 / 32760, 1.0 / 12,  -3617.0 / 8160};
    double sum = 0;
    for (; x < far; ++x) sum += 1 / x;
    return std::log(x) - 0.5 / x - series(c, x) / (x * x) - sum;
}

}  // namespace gaussmix::em
