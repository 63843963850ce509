/// VEV: matrices with eigenvalues in the same proportions, each its own axes and volume, (K, d, d).
#include "families/axes.hpp"
#include "families/list.hpp"
#include "families/matrix.hpp"
#include "families/shape.hpp"

namespace gaussmix::families {
namespace {

class Vev final : public ConstrainedMatrices {
public:
    Vev() : ConstrainedMatrices(CovarianceType::vev, "VEV") {}

    bool scales_apart() const noexcept override { return false; }
    bool constrain(const Constraint& constraint, const rows::Context& context, Parameters& parameters) const override {
        const Index d = parameters.n_features;
        const std::vector<double> volumes = log_volumes_of(constraint.before, d, context);
        Spectra own = spectra(parameters.covariances, d, context);
        if (!equalise_shapes(constraint.weights, volumes, d, own.values)) return false;
        compose(own.axes, own.values, d, parameters.covariances);
        return true;
    }
};

}  // namespace

const Family& vev() {
    static const Vev family;
    return family;
}

}  // namespace gaussmix::families
