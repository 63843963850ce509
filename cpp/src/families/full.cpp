/// full: each component its own covariance matrix, (K, d, d).
#include <algorithm>

#include "families/matrix.hpp"

namespace gaussmix::families {
namespace {

std::vector<Index> shape(Index n_components, Index n_features) { return {n_components, n_features, n_features}; }

Index count(Index n_components, Index n_features) noexcept { return n_components * linalg::packed_size(n_features); }

bool root(const Parameters& parameters, Index k, const kernels::Table& table, double* out) {
    return matrix_root(parameters.covariances.data() + k * parameters.n_features * parameters.n_features,
                       parameters.n_features, table, out);
}

double* matrix_of(Parameters& parameters, Index k) noexcept {
    return parameters.covariances.data() + k * parameters.n_features * parameters.n_features;
}

/// Sigma_k = (S_k - N_k delta_k delta_k^T) / divisor_k + ridge.
void update(const MStep& step, Parameters& parameters) {
    constexpr Index strided = 8;  // writing a column costs more than arithmetic
    const Index d = parameters.n_features;
    for (Index k = 0; k < parameters.n_components; ++k) {
        const double count = step.counts[static_cast<std::size_t>(k)];
        if (count == 0) continue;
        const double divisor = step.divisors[static_cast<std::size_t>(k)];
        const double share = count / divisor;
        const double* scatter = step.moments->scatter.data() + k * linalg::packed_size(d);
        const double* delta = step.shift.data() + k * d;
        fill_symmetric(matrix_of(parameters, k), d, *step.ridge, strided, [&](Index i, Index j) {
            return scatter[linalg::packed_index(i, j)] / divisor - share * (delta[i] * delta[j]);
        });
    }
}

void lift(Parameters& parameters, Index k, double scale, const std::vector<double>& amounts) {
    lift_diagonal(matrix_of(parameters, k), parameters.n_features, scale, amounts);
}

double variance(const Parameters& parameters, Index k, Index feature) noexcept {
    const Index d = parameters.n_features;
    return parameters.covariances[static_cast<std::size_t>((k * d + feature) * d + feature)];
}

void halve(Parameters& parameters, Index from, Index to, Index feature) {
    const Index d = parameters.n_features;
    double* matrix = matrix_of(parameters, from);
    const std::vector<double> column = halve_means(parameters, matrix, from, to, feature);
    for (Index i = 0; i < d; ++i) {
        for (Index j = 0; j < d; ++j) {
            matrix[i * d + j] -= column[static_cast<std::size_t>(i)] * column[static_cast<std::size_t>(j)];
        }
    }
    std::copy_n(matrix, d * d, matrix_of(parameters, to));
}

}  // namespace

const Family full{Covariance::full, "full", Whitening::full, Scatter::full, shape, count, root,
                  update,           lift,   variance,        halve};

}  // namespace gaussmix::families
