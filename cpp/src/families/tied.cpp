/// tied: one covariance matrix shared by all components, (d, d).
#include "families/matrix.hpp"

namespace gaussmix::families {
namespace {

std::vector<Index> shape(Index, Index n_features) { return {n_features, n_features}; }

Index count(Index, Index n_features) noexcept { return linalg::packed_size(n_features); }

bool root(const Parameters& parameters, Index, const kernels::Table& table, double* out) {
    return matrix_root(parameters.covariances.data(), parameters.n_features, table, out);
}

/// Sigma = sum_k (S_k - N_k delta_k delta_k^T) / sum_k divisor_k + ridge.
void update(const MStep& step, Parameters& parameters) {
    const Index d = parameters.n_features;
    double total = 0;
    for (const double divisor : step.divisors) total += divisor;
    fill_symmetric(parameters.covariances.data(), d, *step.ridge, parameters.n_components, [&](Index i, Index j) {
        double moved = 0;
        for (Index k = 0; k < parameters.n_components; ++k) {
            const double* delta = step.shift.data() + k * d;
            moved += step.counts[static_cast<std::size_t>(k)] * delta[i] * delta[j];
        }
        return (step.moments->scatter[static_cast<std::size_t>(linalg::packed_index(i, j))] - moved) / total;
    });
}

void lift(Parameters& parameters, Index, double scale, const std::vector<double>& amounts) {
    lift_diagonal(parameters.covariances.data(), parameters.n_features, scale, amounts);
}

double variance(const Parameters& parameters, Index, Index feature) noexcept {
    return parameters.covariances[static_cast<std::size_t>(feature * parameters.n_features + feature)];
}

/// The shared matrix stays: it is that of all components, not of the one that is cut.
void halve(Parameters& parameters, Index from, Index to, Index feature) {
    halve_means(parameters, parameters.covariances.data(), from, to, feature);
}

}  // namespace

const Family tied{Covariance::tied, "tied", Whitening::shared, Scatter::pooled, shape, count, root, update, lift,
                  variance,         halve};

}  // namespace gaussmix::families
