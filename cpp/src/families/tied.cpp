/// tied (EEE): one covariance matrix shared by all components, (d, d).
#include "families/list.hpp"
#include "families/matrix.hpp"

namespace gaussmix::families {
namespace {

class Tied final : public OfMatrices {
public:
    Tied() : OfMatrices(CovarianceType::tied, "tied", "EEE", whitening::shared, scatter::pooled) {}

    std::vector<Index> shape(Index, Index n_features) const override { return {n_features, n_features}; }

    /// Sigma = sum_k (S_k - N_k delta_k delta_k^T) / sum_k divisor_k + ridge.
    void update(const MStep& step, const rows::Context&, Parameters& parameters) const override {
        const Index d = parameters.n_features;
        double total = 0;
        for (const double divisor : step.divisors) total += divisor;
        fill_symmetric(parameters.covariances.data(), d, *step.ridge, parameters.n_components, [&](Index i, Index j) {
            double moved = 0;
            for (Index k = 0; k < parameters.n_components; ++k) {
                const double* delta = step.shift.data() + k * d;
                moved += step.counts[k] * delta[i] * delta[j];
            }
            return (step.moments->scatter[linalg::packed_index(i, j)] - moved) / total;
        });
    }

    /// The shared matrix stays: it is that of all components, not of the one that is cut.
    void halve(Parameters& parameters, Index from, Index to, Index feature) const override {
        halve_means(parameters, parameters.covariances.data(), from, to, feature);
    }
};

}  // namespace

const Family& tied() {
    static const Tied family;
    return family;
}

}  // namespace gaussmix::families
