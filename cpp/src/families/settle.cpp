#include "families/settle.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "gaussmix/families.hpp"

namespace gaussmix::families {
namespace {

/// Whether covariances are the same but for rounding.
bool are_same(const Parameters& a, const Parameters& b) {
    constexpr double rounding = 1e-6;  // sums in single precision, of the deviations of both features
    const Family& family = get(a.covariance_type);
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

/// Returns the weights of the components, or equal ones where a background has all weight.
std::vector<double> shares(const Parameters& parameters) {
    const std::vector<double>& weights = parameters.weights;
    const bool none = std::all_of(weights.begin(), weights.end(), [](double weight) { return weight == 0; });
    if (!none) return weights;
    return std::vector<double>(weights.size(), 1 / static_cast<double>(weights.size()));
}

}  // namespace

void settle(Parameters& parameters, const rows::Context& context) {
    const Family& family = get(parameters.covariance_type);
    if (family.is_free() || parameters.n_components == 1) return;
    const std::vector<double> weights = shares(parameters);
    Parameters found = parameters;
    if (!family.constrain({weights, parameters.covariances}, context, found)) return;
    if (are_same(parameters, found)) return;
    family.constrain({weights, {}}, context, parameters);
}

namespace {

/// The covariance that each component has of its own in such a form, or the mean of all.
std::vector<double> covariances_in(const whitening::Form& form, const Parameters& parameters) {
    const Index d = parameters.n_features;
    std::vector<double> result;
    if (form.is_separable()) {
        result = variances(parameters);
        if (!form.is_uniform()) return result;
        for (Index k = 0; k < parameters.n_components; ++k) {
            const double* of_features = result.data() + k * d;
            result[k] = std::accumulate(of_features, of_features + d, 0.0) / static_cast<double>(d);
        }
        result.resize(parameters.n_components);
        return result;
    }
    const std::vector<double> weights = shares(parameters);
    const double share = share_of_components(parameters);
    if (form.is_shared()) result.resize(d * d);
    for (Index k = 0; k < parameters.n_components; ++k) {
        const std::vector<double> matrix = covariance_matrix(parameters, k);
        if (form.is_shared()) {
            for (Index at = 0; at < d * d; ++at) result[at] += weights[k] / share * matrix[at];
        } else {
            result.insert(result.end(), matrix.begin(), matrix.end());
        }
    }
    return result;
}

}  // namespace

Parameters in_family(const Parameters& parameters, CovarianceType covariance, Nearest nearest,
                     const rows::Context& context) {
    if (parameters.covariance_type == covariance) return parameters;
    const Family& family = get(covariance);
    Parameters result = parameters;
    result.covariance_type = covariance;
    result.covariances = covariances_in(family.whitening, parameters);
    const bool is_one = parameters.n_components == 1 || lies_within(get(parameters.covariance_type), family);
    if (family.is_free() || is_one) return result;
    const std::vector<double> before = nearest == Nearest::about ? result.covariances : std::vector<double>();
    family.constrain({shares(result), before}, context, result);
    return result;
}

}  // namespace gaussmix::families
