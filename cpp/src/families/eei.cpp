/// EEI: variances of the features that all components share, (K, d): the same row K times.
#include "families/list.hpp"
#include "families/shape.hpp"
#include "families/variances.hpp"

namespace gaussmix::families {
namespace {

class Eei final : public OfVariances {
public:
    Eei() : OfVariances(CovarianceType::eei, "EEI", "EEI", whitening::diagonal, scatter::diagonal) {}

    bool is_free() const noexcept override { return false; }
    /// sigma_j^2 = sum_k n_k s_kj / n.
    bool constrain(const Constraint& constraint, const rows::Context&, Parameters& parameters) const override {
        return equalise(constraint.weights, parameters.n_features, parameters.covariances);
    }
};

}  // namespace

const Family& eei() {
    static const Eei family;
    return family;
}

}  // namespace gaussmix::families
