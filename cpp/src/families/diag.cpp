/// diag: each component its own variances, no correlations, (K, d).
#include "families/list.hpp"
#include "families/variances.hpp"

namespace gaussmix::families {
namespace {

class Diag final : public OfVariances {
public:
    Diag() : OfVariances(Covariance::diag, "diag", whitening::diagonal, scatter::diagonal) {}

    Index count(Index n_components, Index n_features) const noexcept override { return n_components * n_features; }
    double prior_exponent(double degrees_of_freedom, Index, Index) const noexcept override {
        return degrees_of_freedom + 3;
    }

    /// sigma_kj^2 = (S_kj - N_k delta_kj^2) / divisor_k, at least zero, + ridge.
    void update(const MStep& step, const rows::Context&, Parameters& parameters) const override {
        const Index d = parameters.n_features;
        for_each_live_component(step, [&](Index k, double count, double divisor) {
            const double share = count / divisor;
            for (Index j = 0; j < d; ++j) {
                const Index at = k * d + j;
                const double moved = share * (step.shift[at] * step.shift[at]);
                parameters.covariances[at] =
                    std::max(step.moments->scatter[at] / divisor - moved, 0.0) + (*step.ridge)[j];
            }
        });
    }
};

}  // namespace

const Family& diag() {
    static const Diag family;
    return family;
}

}  // namespace gaussmix::families
