/// EVI: variances of the features, each component its own, with the same product in all, (K, d).
#include "families/list.hpp"
#include "families/shape.hpp"
#include "families/variances.hpp"

namespace gaussmix::families {
namespace {

class Evi final : public OfVariances {
public:
    Evi() : OfVariances(CovarianceType::evi, "EVI", "EVI", whitening::diagonal, scatter::diagonal) {}

    bool is_free() const noexcept override { return false; }
    bool constrain(const Constraint& constraint, const rows::Context&, Parameters& parameters) const override {
        return equalise_volumes(constraint.weights, parameters.n_features, parameters.covariances);
    }
};

}  // namespace

const Family& evi() {
    static const Evi family;
    return family;
}

}  // namespace gaussmix::families
