#include "families/settle.hpp"

#include <cmath>

#include "gaussmix/families.hpp"

namespace gaussmix::families {
namespace {

/// Whether covariances are the same but for rounding.
bool are_same(const Parameters& a, const Parameters& b) {
    constexpr double rounding = 1e-6;  // sums in single precision, of the deviations of both features
    const Family& family = get(a.family);
    const Index d = a.n_features;
    const Index size = signed_size(a.covariances) / a.n_components;  // of one component
    const Index rows = size > d ? d : 1;
    for (Index at = 0; at < signed_size(a.covariances); ++at) {
        const Index k = at / size;
        const Index j = at % size % d;
        const Index i = rows > 1 ? at % size / d : j;
        const double scale = std::sqrt(family.variance(a, k, i)) * std::sqrt(family.variance(a, k, j));
        if (!(std::abs(a.covariances[at] - b.covariances[at]) <= rounding * scale)) return false;
    }
    return true;
}

}  // namespace

void settle(Parameters& parameters, const rows::Context& context) {
    const Family& family = get(parameters.family);
    if (family.is_free() || parameters.n_components == 1) return;
    Parameters found = parameters;
    if (!family.constrain({parameters.weights, parameters.covariances}, context, found)) return;
    if (are_same(parameters, found)) return;
    family.constrain({parameters.weights, {}}, context, parameters);
}

Parameters as_matrices(const Parameters& parameters, Covariance family) {
    Parameters result = parameters;
    result.family = family;
    result.covariances.clear();
    for (Index k = 0; k < parameters.n_components; ++k) {
        const std::vector<double> matrix = covariance_matrix(parameters, k);
        result.covariances.insert(result.covariances.end(), matrix.begin(), matrix.end());
    }
    return result;
}

}  // namespace gaussmix::families
