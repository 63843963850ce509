#include "model/univariate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "text/invalid.hpp"

namespace gaussmix::model {
namespace {

constexpr double root_half = 0.70710678118654752440;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// P(x <= at), or P(x >= at) if sign is -1: of the two, the small one has digits.
double tail(const Univariate& mixture, double at, double sign) noexcept {
    double sum = 0;
    double weight = 0;
    for (Index k = 0; k < mixture.n_components; ++k) {
        const double pi = mixture.weights[k];
        weight += pi;
        if (pi == 0) continue;
        const double z = (at - mixture.means[k]) / mixture.deviations[k];
        sum += pi * 0.5 * std::erfc(-sign * z * root_half);
    }
    return sum / weight;
}

/// d/dx P(x <= at).
double density(const Univariate& mixture, double at) noexcept {
    constexpr double inverse_root_two_pi = 0.39894228040143267794;
    double sum = 0;
    double weight = 0;
    for (Index k = 0; k < mixture.n_components; ++k) {
        const double z = (at - mixture.means[k]) / mixture.deviations[k];
        weight += mixture.weights[k];
        if (mixture.weights[k] > 0) {
            sum += mixture.weights[k] * inverse_root_two_pi * std::exp(-0.5 * z * z) / mixture.deviations[k];
        }
    }
    return sum / weight;
}

/// An upper bound of the z above which a standard normal number lies with probability p <= 1/2. Hastings' approximation
/// is off by less than 4.5e-4 (Abramowitz and Stegun 1964, 26.2.23).
double bound(double p) noexcept {
    const double t = std::sqrt(-2 * std::log(p));
    return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) + 5e-4;
}

}  // namespace

double below(const Univariate& mixture, double at) noexcept { return tail(mixture, at, 1); }

double quantile(const Univariate& mixture, double p) noexcept {
    if (p <= 0) return -infinity;
    if (p >= 1) return infinity;
    // In the upper half by the mirror image, so that the probability solved for is the small one.
    const double sign = p <= 0.5 ? 1 : -1;
    const double small = p <= 0.5 ? p : 1 - p;
    const double z = bound(small);
    // Mirrored if the sign is -1, the quantile lies between the least and the greatest of the components' own.
    double low = infinity;
    double high = -infinity;
    for (Index k = 0; k < mixture.n_components; ++k) {
        if (mixture.weights[k] == 0) continue;
        const double own = sign * mixture.means[k] - z * mixture.deviations[k];
        low = std::min(low, own);
        high = std::max(high, own + 1e-3 * mixture.deviations[k]);
    }
    // Newton's steps on the logarithm, which is concave in a tail, kept within a shrinking bracket.
    double at = 0.5 * low + 0.5 * high;
    constexpr int most = 200;
    for (int step = 0; step < most; ++step) {
        const double probability = tail(mixture, sign * at, sign);
        (probability < small ? low : high) = at;
        if (probability == small) break;
        const double slope = density(mixture, sign * at);
        double next = at - std::log(probability / small) * probability / slope;
        if (!(next > low && next < high)) next = 0.5 * low + 0.5 * high;
        if (std::abs(next - at) <= 2 * std::numeric_limits<double>::epsilon() * std::abs(next) || next == low ||
            next == high) {
            at = next;
            break;
        }
        at = next;
    }
    return sign * at;
}

void check_probabilities(const std::vector<double>& p) {
    for (const double each : p) {
        if (!(each >= 0 && each <= 1)) text::invalid("p has {}: give probabilities from 0 to 1", each);
    }
}

}  // namespace gaussmix::model
