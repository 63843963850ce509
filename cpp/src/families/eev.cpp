/// EEV: matrices with the same eigenvalues, each its own axes, (K, d, d).
#include "families/axes.hpp"
#include "families/list.hpp"
#include "families/matrix.hpp"
#include "families/shape.hpp"

namespace gaussmix::families {
namespace {

class Eev final : public ConstrainedMatrices {
public:
    Eev() : ConstrainedMatrices(CovarianceType::eev, "EEV") {}

    bool scales_apart() const noexcept override { return false; }
    bool constrain(const Constraint& constraint, const rows::Context& context, Parameters& parameters) const override {
        const Index d = parameters.n_features;
        Spectra own = spectra(parameters.covariances, d, context);
        if (!equalise(constraint.weights, d, own.values)) return false;
        compose(own.axes, own.values, d, parameters.covariances);
        return true;
    }
};

}  // namespace

const Family& eev() {
    static const Eev family;
    return family;
}

}  // namespace gaussmix::families
