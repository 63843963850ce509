/// EVE: matrices with the same axes and the same determinant, each its own shape, (K, d, d).
#include "families/axes.hpp"
#include "families/list.hpp"
#include "families/matrix.hpp"
#include "families/orientation.hpp"
#include "families/shape.hpp"

namespace gaussmix::families {
namespace {

class Eve final : public ConstrainedMatrices {
public:
    Eve() : ConstrainedMatrices(CovarianceType::eve, "EVE") {}

    bool scales_apart() const noexcept override { return false; }
    bool constrain(const Constraint& constraint, const rows::Context& context, Parameters& parameters) const override {
        if (!are_positive_definite(parameters, context)) return false;
        const Index d = parameters.n_features;
        std::vector<double>& matrices = parameters.covariances;
        const std::vector<double> axes = common_axes(Volume::equal, constraint, matrices, d, context);
        std::vector<double> values = variances_along(axes, matrices, d);
        if (!equalise_volumes(constraint.weights, d, values)) return false;
        compose(axes, values, d, matrices);
        return true;
    }
    SharedAxes shared_axes(const Parameters& parameters, const ScorerNumbers&,
                           const rows::Context& context) const override {
        std::vector<double> axes = axes_of(parameters.covariances, parameters.n_features, context);
        return {axes, axes};
    }
};

}  // namespace

const Family& eve() {
    static const Eve family;
    return family;
}

}  // namespace gaussmix::families
