/// What an M-step must respect: parameters that stay as they are, and limits of others.
#pragma once

#include <optional>
#include <vector>

#include "gaussmix/options.hpp"
#include "gaussmix/parameters.hpp"
#include "rows/context.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument), naming what is wrong, unless a run with these options can respect what is known.
void check_known(const Options& options);

/// Throws Error(invalid_argument) if variances may be so small, beside the range of the rows, that the squared
/// distances of rows overflow.
void check_spread(const Bounds& bounds, const Summary& summary);

/// Throws Error(invalid_argument) if parameters are fixed: a start that is not a mixture has none.
void check_nothing_fixed(const Options& options);

/// Throws Error(invalid_argument) unless the covariances of a start, which are to stay, are of this family.
void check_family(const Parameters& start, CovarianceType family, const rows::Context& context);

class Known {
public:
    Known() = default;
    /// The options must be valid.
    explicit Known(const Options& options);

    /// Returns whether anything is fixed or limited.
    bool any() const noexcept { return fixes() || is_bounded(); }
    /// Returns whether anything is fixed.
    bool fixes() const noexcept { return fixes_weights_ || fixes_means_ || fixes_covariances_; }
    bool fixes_weights() const noexcept { return fixes_weights_; }
    bool fixes_covariances() const noexcept { return fixes_covariances_; }
    bool fixes_all_covariances() const noexcept;
    /// Returns whether anything has limits.
    bool is_bounded() const noexcept { return bounds_weights_ || bounds_variances_; }

    bool weight(Index k) const noexcept { return has(weights_, k); }
    bool mean(Index k) const noexcept { return has(means_, k); }
    bool covariance(Index k) const noexcept { return has(covariances_, k); }
    /// Returns whether anything of component k is fixed.
    bool component(Index k) const noexcept { return weight(k) || mean(k) || covariance(k); }

    /// Replaces the counts of terms by the weights that give them the highest likelihood: fixed ones as they are
    /// `before`, the others in proportion to the counts, as far as their limits allow. A background has none.
    void weigh(const std::vector<double>& before, Index n_components, std::vector<double>& counts) const;

    /// Restores fixed covariances from the mixture `before`, if there was one, and those of components without rows
    /// (count zero); brings the others within their limits.
    void restore(const std::optional<Parameters>& before, const std::vector<double>& counts,
                 Parameters& parameters) const;

    /// Brings a start within the limits. Throws Error(invalid_argument) unless what is fixed can stay: covariances of
    /// the family that are safely positive definite, weights that leave enough for the others.
    void settle(const Options& options, const rows::Context& context, Parameters& start) const;

private:
    static bool has(const std::vector<char>& fixed, Index k) noexcept {
        return k < signed_size(fixed) && fixed[k] != 0;
    }
    void bound(Parameters& parameters) const;

    Bounds bounds_;
    std::vector<char> weights_;  // (K,), empty: none
    std::vector<char> means_;
    std::vector<char> covariances_;
    bool fixes_weights_ = false;
    bool fixes_means_ = false;
    bool fixes_covariances_ = false;
    bool bounds_weights_ = false;
    bool bounds_variances_ = false;
};

}  // namespace gaussmix::em
