/// EII: one variance for all components and features, (K,): the same number K times.
#include "families/list.hpp"
#include "families/shape.hpp"
#include "families/variance.hpp"

namespace gaussmix::families {
namespace {

class Eii final : public OfVariance {
public:
    Eii() : OfVariance(CovarianceType::eii, "EII", "EII", whitening::scalar, scatter::trace) {}

    bool is_free() const noexcept override { return false; }
    /// lambda = sum_k n_k s_k / n.
    bool constrain(const Constraint& constraint, const rows::Context&, Parameters& parameters) const override {
        return equalise(constraint.weights, 1, parameters.covariances);
    }
};

}  // namespace

const Family& eii() {
    static const Eii family;
    return family;
}

}  // namespace gaussmix::families
