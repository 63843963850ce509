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

bool root(const Parameters& parameters, Index k, const kernels::Table&, double* out) noexcept {
    if (!deviation(parameters.covariances[static_cast<std::size_t>(k)], out[0])) return false;
    std::fill_n(out + 1, parameters.n_features - 1, out[0]);
    return true;
}

/// sigma_k^2 = (S_k / N_k - ||delta_k||^2) / d + ridge: the mean over the features of the variances that `diag` has.
void update(const Moments& moments, const std::vector<double>& shift, const std::vector<double>& ridge,
            Parameters& parameters) {
    const Index d = moments.n_features;
    for (Index k = 0; k < moments.n_components; ++k) {
        if (parameters.weights[static_cast<std::size_t>(k)] == 0) continue;
        const double* delta = shift.data() + k * d;
        const double moved = std::inner_product(delta, delta + d, delta, 0.0);
        const double trace =
            moments.scatter[static_cast<std::size_t>(k)] / moments.weights[static_cast<std::size_t>(k)];
        parameters.covariances[static_cast<std::size_t>(k)] =
            std::max(trace - moved, 0.0) / static_cast<double>(d) + mean_of(ridge);
    }
}

void lift(Parameters& parameters, Index k, double scale, const std::vector<double>& amounts) {
    parameters.covariances[static_cast<std::size_t>(k)] += scale * mean_of(amounts);
}

}  // namespace

const Family spherical{
    Covariance::spherical, "spherical", Whitening::scalar, Scatter::trace, shape, count, root, update, lift};

}  // namespace gaussmix::families
