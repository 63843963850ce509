/// VEI: variances of the features in the same proportions in all components, each its own volume, (K, d).
#include "families/list.hpp"
#include "families/shape.hpp"
#include "families/variances.hpp"

namespace gaussmix::families {
namespace {

class Vei final : public OfVariances {
public:
    Vei() : OfVariances(CovarianceType::vei, "VEI", "VEI", whitening::diagonal, scatter::diagonal) {}

    bool is_free() const noexcept override { return false; }
    bool constrain(const Constraint& constraint, const rows::Context&, Parameters& parameters) const override {
        const Index d = parameters.n_features;
        return equalise_shapes(constraint.weights, log_volumes(constraint.before, d), d, parameters.covariances);
    }
};

}  // namespace

const Family& vei() {
    static const Vei family;
    return family;
}

}  // namespace gaussmix::families
