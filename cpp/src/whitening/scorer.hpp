/// The numbers of a mixture prepared for data.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

#include "gaussmix/noise.hpp"
#include "gaussmix/scorer.hpp"

namespace gaussmix {

/// The form of the whitening L^-1 in a scorer.
enum class Whitening : std::uint8_t {
    scalar,    ///< (K,): inverse standard deviations, alike for all features
    diagonal,  ///< (K, d): inverse standard deviations
    full,      ///< K packed inverse Cholesky factors
    shared,    ///< one packed inverse Cholesky factor; held K times if some mean lies far from the centre
};

/// The contents of a Scorer, which the passes over rows read.
/// log pi_k N(x; mu_k, Sigma_k) = log_constants[k] - 1/2 || L_k^-1 (x - mu_k) ||^2,
/// log_constants[k] = log pi_k - d/2 log 2 pi - sum_j log L_k,jj.
/// One more term may follow the components: a background, pi_K times a constant density, without a mean or a
/// covariance.
struct ScorerNumbers {
    Whitening whitening = Whitening::full;
    Index n_components = 0;
    Index n_features = 0;
    std::vector<double> means;    ///< (K, d)
    std::vector<double> factors;  ///< inverse factors, in the packing that the kernels read
    /// With a shared factor, rows are whitened once, y = L^-1 (x - centre), and compared with whitened_means[k] = L^-1
    /// (mu_k - centre), (K, d), centre = sum_k pi_k mu_k. Empty for other forms, but for the centre of a turn.
    std::vector<double> centre;
    std::vector<double> whitened_means;
    /// Of full factors of one orientation, where it saves work and loses no digits: the distance is also || scale_k *
    /// turn (x - centre) + offset_k ||, element by element: rows are turned once for all components. Else empty.
    std::vector<double> turn;           ///< (d, d) in panels of rows (kernels::turn_index), padded with zeros
    std::vector<double> scales;         ///< (K, d)
    std::vector<double> offsets;        ///< (K, d)
    std::vector<double> log_constants;  ///< (n_terms,); minus infinity for a term of weight zero
    std::vector<double> weights;        ///< (n_terms,), pi: responsibilities are negligible relative to them
    NoiseBox box = {};                  ///< where a background lies; unknown without one

    /// Returns how many terms a row's density has: the components, and the background if there is one.
    Index n_terms() const noexcept { return signed_size(log_constants); }
    bool is_turned() const noexcept { return !turn.empty(); }
    /// Leaves the distances to the factors alone.
    void turn_back() noexcept {
        if (!is_turned()) return;
        for (std::vector<double>* part : {&turn, &scales, &offsets, &centre}) part->clear();
    }
    bool has_background() const noexcept { return n_terms() > n_components; }
    /// Returns what the weights of the components sum to: 1 without a background, and where they are all zero.
    double share_of_components() const noexcept {
        const double sum = has_background() ? std::accumulate(weights.begin(), weights.end() - 1, 0.0) : 1;
        return sum > 0 ? sum : 1;
    }
};

/// Returns the fingerprint of the scorer that holds them.
std::uint64_t fingerprint(const ScorerNumbers& scorer) noexcept;

}  // namespace gaussmix
