/// Covariances along axes, Sigma = D diag(values) D^T: axes are the columns of D, kept as rows of d numbers.
#pragma once

#include <vector>

#include "families/family.hpp"
#include "rows/context.hpp"

namespace gaussmix::families {

/// Axes of each component, (K, d, d), and the variances along them, (K, d).
struct Spectra {
    std::vector<double> axes;
    std::vector<double> values;
};

/// The eigenvectors of covariances (K, d, d), in the order of their eigenvalues, ascending and at least zero.
Spectra spectra(const std::vector<double>& covariances, Index n_features, const rows::Context& context);

/// Returns the diagonals of D^T Sigma_k D, (K, d), for axes that all components share, (d, d).
std::vector<double> variances_along(const std::vector<double>& axes, const std::vector<double>& covariances,
                                    Index n_features);

/// Sigma_k = D_k diag(values_k) D_k^T, symmetric to the last bit. Axes are (K, d, d), or (d, d) that all share.
void compose(const std::vector<double>& axes, const std::vector<double>& values, Index n_features,
             std::vector<double>& covariances);

/// D^T Sigma D of a symmetric matrix, (d, d).
std::vector<double> along(const std::vector<double>& axes, const double* matrix, Index n_features);

}  // namespace gaussmix::families
