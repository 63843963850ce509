/// full: each component its own covariance matrix, (K, d, d).
#include "families/list.hpp"
#include "families/matrix.hpp"

namespace gaussmix::families {
namespace {

class Full final : public OfMatrices {
public:
    Full() : OfMatrices(Covariance::full, "full", whitening::full, scatter::full) {}

    std::vector<Index> shape(Index n_components, Index n_features) const override {
        return {n_components, n_features, n_features};
    }
    Index count(Index n_components, Index n_features) const noexcept override {
        return n_components * linalg::packed_size(n_features);
    }
    double prior_exponent(double degrees_of_freedom, Index, Index n_features) const noexcept override {
        return degrees_of_freedom + static_cast<double>(n_features) + 2;
    }

    /// Sigma_k = (S_k - N_k delta_k delta_k^T) / divisor_k + ridge.
    void update(const MStep& step, const rows::Context&, Parameters& parameters) const override {
        constexpr Index strided = 8;  // writing a column costs more than arithmetic
        const Index d = parameters.n_features;
        for_each_live_component(step, [&](Index k, double count, double divisor) {
            const double share = count / divisor;
            const double* sums = step.moments->scatter.data() + scatter.offset(k, d);
            const double* delta = step.shift.data() + k * d;
            fill_symmetric(matrix_of(parameters, k), d, *step.ridge, strided, [&](Index i, Index j) {
                return sums[linalg::packed_index(i, j)] / divisor - share * (delta[i] * delta[j]);
            });
        });
    }

    void halve(Parameters& parameters, Index from, Index to, Index feature) const override {
        const Index d = parameters.n_features;
        double* matrix = matrix_of(parameters, from);
        const std::vector<double> column = halve_means(parameters, matrix, from, to, feature);
        add_outer(matrix, -1, column);
        std::copy_n(matrix, d * d, matrix_of(parameters, to));
    }
};

}  // namespace

const Family& full() {
    static const Full family;
    return family;
}

}  // namespace gaussmix::families
