/// Covariances as hosts read them: shapes, variances, matrices.
#include "gaussmix/families.hpp"

#include <cstddef>
#include <numeric>
#include <string>

#include "families/family.hpp"
#include "text/invalid.hpp"

namespace gaussmix {
namespace {

void check_index(const char* what, Index index, Index size) {
    if (index >= 0 && index < size) return;
    text::invalid("there is no {} {}: they are counted from 0 to {}", what, index, size - 1);
}

/// Throws unless there are as many numbers as the family needs; nothing else that `validate` checks matters here.
const families::Family& family_of(const Parameters& parameters) {
    const families::Family& family = families::get(parameters.covariance_type);
    const Index size = families::covariances_size(family, parameters.n_components, parameters.n_features);
    if (signed_size(parameters.covariances) != size) families::check_values(parameters);
    return family;
}

}  // namespace

CovarianceType plain_family(CovarianceType covariance) {
    const families::Family& family = families::get(covariance);
    for (const families::Family* plain : families::all()) {
        if (plain->is_free() && &plain->whitening == &family.whitening) return plain->covariance;
    }
    return covariance;
}

bool shares_covariance(CovarianceType family) { return families::n_covariances(families::get(family), 2) == 1; }

std::vector<Index> covariance_shape(CovarianceType family, Index n_features) {
    std::vector<Index> shape = families::get(family).shape(2, n_features);
    if (!shares_covariance(family)) shape.erase(shape.begin());
    return shape;
}

std::vector<double> variances(const Parameters& parameters) {
    const families::Family& family = family_of(parameters);
    std::vector<double> result;
    for (Index k = 0; k < parameters.n_components; ++k) {
        for (Index j = 0; j < parameters.n_features; ++j) result.push_back(family.variance(parameters, k, j));
    }
    return result;
}

std::vector<double> covariance_matrix(const Parameters& parameters, Index k, const std::vector<Index>& features) {
    const families::Family& family = family_of(parameters);
    check_index("component", k, parameters.n_components);
    for (const Index j : features) check_index("feature", j, parameters.n_features);
    const Index d = parameters.n_features;
    const bool whole = covariance_shape(parameters.covariance_type, d).size() == 2;
    const Index first = shares_covariance(parameters.covariance_type) ? 0 : k * d * d;
    const auto entry = [&](Index i, Index j) {
        if (whole) return parameters.covariances[first + i * d + j];
        return i == j ? family.variance(parameters, k, i) : 0.0;
    };
    std::vector<double> result;
    for (const Index i : features) {
        for (const Index j : features) result.push_back(entry(i, j));
    }
    return result;
}

std::vector<double> covariance_matrix(const Parameters& parameters, Index k) {
    std::vector<Index> features(parameters.n_features);
    std::iota(features.begin(), features.end(), Index{0});
    return covariance_matrix(parameters, k, features);
}

}  // namespace gaussmix
