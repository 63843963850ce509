/// VVE: matrices with the same axes, each its own variances along them, (K, d, d).
#include "families/axes.hpp"
#include "families/list.hpp"
#include "families/matrix.hpp"
#include "families/orientation.hpp"

namespace gaussmix::families {
namespace {

class Vve final : public ConstrainedMatrices {
public:
    Vve() : ConstrainedMatrices(CovarianceType::vve, "VVE") {}

    bool scales_apart() const noexcept override { return false; }
    std::vector<CovarianceType> footholds() const override {
        return {CovarianceType::vee, CovarianceType::eve, CovarianceType::diag};
    }
    bool constrain(const Constraint& constraint, const rows::Context& context, Parameters& parameters) const override {
        if (!are_positive_definite(parameters, context)) return false;
        const Index d = parameters.n_features;
        std::vector<double>& matrices = parameters.covariances;
        const std::vector<double> axes = common_axes(Volume::variable, constraint, matrices, d, context);
        compose(axes, variances_along(axes, matrices, d), d, matrices);
        return true;
    }
    SharedAxes shared_axes(const Parameters& parameters, const ScorerNumbers&,
                           const rows::Context& context) const override {
        std::vector<double> axes = axes_of(parameters.covariances, parameters.n_features, context);
        return {axes, axes};
    }
};

}  // namespace

const Family& vve() {
    static const Vve family;
    return family;
}

}  // namespace gaussmix::families
