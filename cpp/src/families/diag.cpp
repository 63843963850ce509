/// diag: each component its own variances, no correlations, (K, d).
#include "families/variances.hpp"

namespace gaussmix::families {
namespace {

std::vector<Index> shape(Index n_components, Index n_features) { return {n_components, n_features}; }

Index count(Index n_components, Index n_features) noexcept { return n_components * n_features; }

bool root(const Parameters& parameters, Index k, const kernels::Table&, double* out) noexcept {
    const double* variances = parameters.covariances.data() + k * parameters.n_features;
    for (Index j = 0; j < parameters.n_features; ++j) {
        if (!deviation(variances[j], out[j])) return false;
    }
    return true;
}

/// S_kj / N_k - delta_kj^2, at least zero.
double variance_of(const Moments& moments, const std::vector<double>& shift, Index k, Index j) {
    const auto at = static_cast<std::size_t>(k * moments.n_features + j);
    const double variance = moments.scatter[at] / moments.weights[static_cast<std::size_t>(k)] - shift[at] * shift[at];
    return variance > 0 ? variance : 0;
}

void update(const Moments& moments, const std::vector<double>& shift, const std::vector<double>& ridge,
            Parameters& parameters) {
    const Index d = moments.n_features;
    for (Index k = 0; k < moments.n_components; ++k) {
        if (parameters.weights[static_cast<std::size_t>(k)] == 0) continue;
        for (Index j = 0; j < d; ++j) {
            parameters.covariances[static_cast<std::size_t>(k * d + j)] =
                variance_of(moments, shift, k, j) + ridge[static_cast<std::size_t>(j)];
        }
    }
}

void lift(Parameters& parameters, Index k, double scale, const std::vector<double>& amounts) {
    double* variances = parameters.covariances.data() + k * parameters.n_features;
    for (Index j = 0; j < parameters.n_features; ++j) variances[j] += scale * amounts[static_cast<std::size_t>(j)];
}

}  // namespace

const Family diag{Covariance::diag, "diag", Whitening::diagonal, Scatter::diagonal, shape, count, root, update, lift};

}  // namespace gaussmix::families
