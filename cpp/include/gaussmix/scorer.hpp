/// A mixture made ready for data: what the passes over rows read.
#pragma once

#include <cstdint>
#include <vector>

#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/parameters.hpp"

namespace gaussmix {

/// The form of the whitening L^-1 in a scorer.
enum class Whitening : std::uint8_t {
    scalar,    ///< (K,): inverse standard deviations, alike for all features
    diagonal,  ///< (K, d): inverse standard deviations
    full,      ///< K packed inverse Cholesky factors
    shared,    ///< one packed inverse Cholesky factor; where a mean lies far from the centre it is given K times
};

/// log pi_k N(x; mu_k, Sigma_k) = log_constants[k] - 1/2 || L_k^-1 (x - mu_k) ||^2,
/// log_constants[k] = log pi_k - d/2 log 2 pi - sum_j log L_k,jj.
struct Scorer {
    Whitening whitening = Whitening::full;
    Index n_components = 0;
    Index n_features = 0;
    std::vector<double> means;    ///< (K, d)
    std::vector<double> factors;  ///< inverse factors, in the packing that the kernels read
    /// For a shared factor rows are whitened once, y = L^-1 (x - centre), and compared with
    /// whitened_means[k] = L^-1 (mu_k - centre), shape (K, d), centre = sum_k pi_k mu_k. Else empty.
    std::vector<double> centre;
    std::vector<double> whitened_means;
    std::vector<double> log_constants;  ///< (K,); minus infinity for a component of weight zero
    std::vector<double> weights;        ///< (K,), pi: what responsibilities are negligible beside
};

/// Tells scorers of different mixtures apart, on every machine alike: moments say by it which one they were taken
/// under. Never 0.
GAUSSMIX_EXPORT std::uint64_t fingerprint(const Scorer& scorer) noexcept;

/// Checks the parameters and factors their covariances. Throws as `validate` does.
GAUSSMIX_EXPORT Scorer prepare(const Parameters& parameters, const Execution& execution = {});

/// The upper triangular U = L^-T of each precision matrix, Sigma^-1 = U U^T: (K, d, d) for full, (d, d) for shared;
/// inverse standard deviations else: (K, d) or (K,).
GAUSSMIX_EXPORT std::vector<double> precisions_cholesky(const Scorer& scorer, Covariance family);

}  // namespace gaussmix
