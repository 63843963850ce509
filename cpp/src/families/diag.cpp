/// diag: each component its own variances, no correlations, (K, d).
#include <algorithm>

#include "families/variances.hpp"

namespace gaussmix::families {
namespace {

std::vector<Index> shape(Index n_components, Index n_features) { return {n_components, n_features}; }

Index count(Index n_components, Index n_features) noexcept { return n_components * n_features; }

bool root(const Parameters& parameters, Index k, const kernels::Table&, double* out) {
    const double* variances = parameters.covariances.data() + k * parameters.n_features;
    for (Index j = 0; j < parameters.n_features; ++j) {
        if (!deviation(variances[j], out[j])) return false;
    }
    return true;
}

/// sigma_kj^2 = (S_kj - N_k delta_kj^2) / divisor_k, at least zero, + ridge.
void update(const MStep& step, Parameters& parameters) {
    const Index d = parameters.n_features;
    for (Index k = 0; k < parameters.n_components; ++k) {
        const double count = step.counts[static_cast<std::size_t>(k)];
        if (count == 0) continue;
        const double divisor = step.divisors[static_cast<std::size_t>(k)];
        const double share = count / divisor;
        for (Index j = 0; j < d; ++j) {
            const auto at = static_cast<std::size_t>(k * d + j);
            const double moved = share * (step.shift[at] * step.shift[at]);
            parameters.covariances[at] =
                std::max(step.moments->scatter[at] / divisor - moved, 0.0) + (*step.ridge)[static_cast<std::size_t>(j)];
        }
    }
}

void lift(Parameters& parameters, Index k, double scale, const std::vector<double>& amounts) {
    double* variances = parameters.covariances.data() + k * parameters.n_features;
    for (Index j = 0; j < parameters.n_features; ++j) variances[j] += scale * amounts[static_cast<std::size_t>(j)];
}

double variance(const Parameters& parameters, Index k, Index feature) noexcept {
    return parameters.covariances[static_cast<std::size_t>(k * parameters.n_features + feature)];
}

void halve(Parameters& parameters, Index from, Index to, Index feature) {
    const Index d = parameters.n_features;
    double* variances = parameters.covariances.data() + from * d;
    const double step = halve_means(parameters, variances[feature], from, to, feature);
    variances[feature] -= step * step;
    std::copy_n(variances, d, parameters.covariances.data() + to * d);
}

}  // namespace

const Family diag{Covariance::diag, "diag", Whitening::diagonal, Scatter::diagonal, shape, count, root, update, lift,
                  variance,         halve};

}  // namespace gaussmix::families
