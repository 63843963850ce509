/// A full whitening without its correlations.
#include <algorithm>
#include <cmath>

#include "linalg/aligned.hpp"
#include "linalg/triangular.hpp"
#include "whitening/panels.hpp"
#include "whitening/whitening.hpp"

namespace gaussmix::whitening {

void invert_factor(const double* factor, Index n_features, const kernels::Table& table, double* root) {
    const Index d = n_features;
    std::vector<double> transposed(linalg::packed_size(d));
    for_each_panel_column(d, [&](Index row, Index n, Index column, Index at) {
        const Index begin = std::max(row, column);
        std::copy(factor + at + begin - row, factor + at + n,
                  transposed.data() + linalg::upper_index(column, begin, d));
    });
    // The transpose of this, L^-1, is inverted.
    linalg::AlignedBuffer<double> packed(kernels::packed_factor_size(d));
    linalg::invert_transposed(transposed.data(), d, table, packed.data());
    std::fill_n(root, d * d, 0.0);
    for_each_panel_column(d, [&](Index row, Index n, Index column, Index at) {
        for (Index r = 0; r < n; ++r) root[(row + r) * d + column] = packed.data()[at + r];
    });
}

std::vector<double> variances(const ScorerNumbers& scorer, const kernels::Table& table, int n_threads,
                              const parallel::Poll& poll) {
    const Index d = scorer.n_features;
    std::vector<double> result(scorer.means.size());
    parallel::parallel_for(scorer.n_components, n_threads, poll, [&](Index k, const parallel::Worker&) {
        std::vector<double> root(d * d);
        invert_factor(factor_of(scorer, k), d, table, root.data());
        double* variance = result.data() + k * d;
        for (Index i = 0; i < d; ++i) {
            for (Index j = 0; j <= i; ++j) variance[i] += root[i * d + j] * root[i * d + j];
        }
    });
    return result;
}

ScorerNumbers uncorrelated(const ScorerNumbers& scorer, const std::vector<double>& variances) {
    ScorerNumbers result;
    result.whitening = diagonal.kind;
    result.n_components = scorer.n_components;
    result.n_features = scorer.n_features;
    result.means = scorer.means;
    result.weights = scorer.weights;
    result.factors.reserve(variances.size());
    for (Index k = 0; k < scorer.n_components; ++k) {
        double constant = std::log(scorer.weights[k]);
        for (Index j = 0; j < scorer.n_features; ++j) {
            const double deviation = std::sqrt(variances[k * scorer.n_features + j]);
            result.factors.push_back(1 / deviation);
            constant -= std::log(deviation);
        }
        result.log_constants.push_back(constant);
    }
    return result;
}

}  // namespace gaussmix::whitening
