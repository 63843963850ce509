/// Covariances in the shape of a family, from variances or matrices of components.
#pragma once

#include "families/family.hpp"
#include "gaussmix/families.hpp"

namespace gaussmix::families {

/// Writes the covariances of parameters whose family and sizes are set: of variance(k, j), or of matrix(k), which
/// returns the (d, d) numbers of component k. Asks only for what the family holds: of shared ones, those of component
/// 0.
template <class VarianceOf, class MatrixOf>
void assemble(Parameters& parameters, VarianceOf variance, MatrixOf matrix) {
    const Index d = parameters.n_features;
    const auto n_axes = covariance_shape(parameters.covariance_type, d).size();
    const Index n = n_covariances(get(parameters.covariance_type), parameters.n_components);
    parameters.covariances.clear();
    for (Index k = 0; k < n; ++k) {
        if (n_axes == 2) {
            const std::vector<double> own = matrix(k);
            parameters.covariances.insert(parameters.covariances.end(), own.begin(), own.end());
        } else {
            for (Index j = 0; j < (n_axes == 1 ? d : 1); ++j) parameters.covariances.push_back(variance(k, j));
        }
    }
}

}  // namespace gaussmix::families
