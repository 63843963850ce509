/// full: each component its own covariance matrix, (K, d, d).
#include "families/matrix.hpp"

namespace gaussmix::families {
namespace {

std::vector<Index> shape(Index n_components, Index n_features) { return {n_components, n_features, n_features}; }

Index count(Index n_components, Index n_features) noexcept { return n_components * linalg::packed_size(n_features); }

bool root(const Parameters& parameters, Index k, const kernels::Table& table, double* out) noexcept {
    return matrix_root(parameters.covariances.data() + k * parameters.n_features * parameters.n_features,
                       parameters.n_features, table, out);
}

/// Sigma_k = S_k / N_k - delta_k delta_k^T + ridge.
void update(const Moments& moments, const std::vector<double>& shift, const std::vector<double>& ridge,
            Parameters& parameters) {
    const Index d = moments.n_features;
    for (Index k = 0; k < moments.n_components; ++k) {
        if (parameters.weights[static_cast<std::size_t>(k)] == 0) continue;
        const double weight = moments.weights[static_cast<std::size_t>(k)];
        const double* scatter = moments.scatter.data() + k * linalg::packed_size(d);
        const double* delta = shift.data() + k * d;
        fill_symmetric(parameters.covariances.data() + k * d * d, d, ridge, [&](Index i, Index j) {
            return scatter[linalg::packed_index(i, j)] / weight - delta[i] * delta[j];
        });
    }
}

void lift(Parameters& parameters, Index k, double scale, const std::vector<double>& amounts) {
    lift_diagonal(parameters.covariances.data() + k * parameters.n_features * parameters.n_features,
                  parameters.n_features, scale, amounts);
}

}  // namespace

const Family full{Covariance::full, "full", Whitening::full, Scatter::full, shape, count, root, update, lift};

}  // namespace gaussmix::families
