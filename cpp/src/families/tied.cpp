/// tied: one covariance matrix shared by all components, (d, d).
#include "families/matrix.hpp"

namespace gaussmix::families {
namespace {

std::vector<Index> shape(Index, Index n_features) { return {n_features, n_features}; }

Index count(Index, Index n_features) noexcept { return linalg::packed_size(n_features); }

bool root(const Parameters& parameters, Index, const kernels::Table& table, double* out) noexcept {
    return matrix_root(parameters.covariances.data(), parameters.n_features, table, out);
}

/// Sigma = sum_k (S_k - N_k delta_k delta_k^T) / sum_k N_k + ridge.
void update(const Moments& moments, const std::vector<double>& shift, const std::vector<double>& ridge,
            Parameters& parameters) {
    const Index d = moments.n_features;
    double total = 0;
    for (const double weight : moments.weights) total += weight;
    fill_symmetric(parameters.covariances.data(), d, ridge, [&](Index i, Index j) {
        double moved = 0;
        for (Index k = 0; k < moments.n_components; ++k) {
            const double* delta = shift.data() + k * d;
            moved += moments.weights[static_cast<std::size_t>(k)] * delta[i] * delta[j];
        }
        return (moments.scatter[static_cast<std::size_t>(linalg::packed_index(i, j))] - moved) / total;
    });
}

void lift(Parameters& parameters, Index, double scale, const std::vector<double>& amounts) {
    lift_diagonal(parameters.covariances.data(), parameters.n_features, scale, amounts);
}

}  // namespace

const Family tied{Covariance::tied, "tied", Whitening::shared, Scatter::pooled, shape, count, root, update, lift};

}  // namespace gaussmix::families
