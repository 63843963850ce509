/// spherical: each component one variance for all features, (K,).
#include <algorithm>
#include <numeric>

#include "families/variances.hpp"

namespace gaussmix::families {
namespace {

double mean_of(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::vector<Index> shape(Index n_components, Index) { return {n_components}; }

Index count(Index n_components, Index) noexcept { return n_components; }

bool root(const Parameters& parameters, Index k, const kernels::Table&, double* out) {
    if (!deviation(parameters.covariances[static_cast<std::size_t>(k)], out[0])) return false;
    std::fill_n(out + 1, parameters.n_features - 1, out[0]);
    return true;
}

/// sigma_k^2 = (S_k - N_k ||delta_k||^2) / divisor_k / d + ridge: the mean over the features of the variances that
/// `diag` has.
void update(const MStep& step, Parameters& parameters) {
    const Index d = parameters.n_features;
    for (Index k = 0; k < parameters.n_components; ++k) {
        const auto at = static_cast<std::size_t>(k);
        if (step.counts[at] == 0) continue;
        const double* delta = step.shift.data() + k * d;
        const double moved = step.counts[at] / step.divisors[at] * std::inner_product(delta, delta + d, delta, 0.0);
        const double trace = step.moments->scatter[at] / step.divisors[at];
        parameters.covariances[at] = std::max(trace - moved, 0.0) / static_cast<double>(d) + mean_of(*step.ridge);
    }
}

void lift(Parameters& parameters, Index k, double scale, const std::vector<double>& amounts) {
    parameters.covariances[static_cast<std::size_t>(k)] += scale * mean_of(amounts);
}

double variance(const Parameters& parameters, Index k, Index) noexcept {
    return parameters.covariances[static_cast<std::size_t>(k)];
}

/// The cut takes its square from one of the d features.
void halve(Parameters& parameters, Index from, Index to, Index feature) {
    double& variance = parameters.covariances[static_cast<std::size_t>(from)];
    const double step = halve_means(parameters, variance, from, to, feature);
    variance -= step * step / static_cast<double>(parameters.n_features);
    parameters.covariances[static_cast<std::size_t>(to)] = variance;
}

}  // namespace

const Family spherical{Covariance::spherical,
                       "spherical",
                       Whitening::scalar,
                       Scatter::trace,
                       shape,
                       count,
                       root,
                       update,
                       lift,
                       variance,
                       halve};

}  // namespace gaussmix::families
