/// EVV: matrices with the same determinant, (K, d, d).
#include <algorithm>
#include <cmath>

#include "families/list.hpp"
#include "families/matrix.hpp"
#include "families/shape.hpp"

namespace gaussmix::families {
namespace {

class Evv final : public ConstrainedMatrices {
public:
    Evv() : ConstrainedMatrices(CovarianceType::evv, "EVV") {}

    bool constrain(const Constraint& constraint, const rows::Context& context, Parameters& parameters) const override {
        const Index d = parameters.n_features;
        const std::vector<double> logs = log_volumes_of(parameters.covariances, d, context);
        if (!std::all_of(logs.begin(), logs.end(), [](double log) { return std::isfinite(log); })) return false;
        const double log_volume = log_mean(constraint.weights, logs);
        for (Index k = 0; k < parameters.n_components; ++k) {
            const double scale = std::exp(log_volume - logs[k]);
            double* matrix = matrix_of(parameters, k);
            for (Index at = 0; at < d * d; ++at) matrix[at] *= scale;
        }
        return true;
    }
};

}  // namespace

const Family& evv() {
    static const Evv family;
    return family;
}

}  // namespace gaussmix::families
