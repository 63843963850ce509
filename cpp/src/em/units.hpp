/// Powers of two by which features, and weights, are divided for a fit, where sums of their squares would leave the
/// range of doubles: exact, and undone in the result.
#pragma once

#include <vector>

#include "gaussmix/fit.hpp"
#include "rows/context.hpp"

namespace gaussmix::em {

class Units {
public:
    /// Those that suit the data and, for spherical mixtures, are alike for all features.
    Units(const Summary& summary, const Options& options);

    /// Whether the data can be fitted as they are.
    bool plain() const noexcept { return exponents_.empty(); }

    /// The rows in these units, (n_rows, d) row-major.
    std::vector<double> apply(const MatrixView& x) const;
    /// What is given in units of the data, in these.
    Start apply(const Start& start) const;
    Prior apply(Prior prior, Covariance family) const;
    /// Of each feature; empty where plain.
    const std::vector<int>& exponents() const noexcept { return exponents_; }

    /// What is to be added to what a run in these units was judged by.
    double log_scale(const Summary& summary, const Options& options) const;
    /// The parameters and scorer of a fit in units of the data again. Throws Error(degenerate), naming a feature whose
    /// variance no double can hold.
    void restore(Model& fit, const Execution& execution) const;

private:
    void scale_means(std::vector<double>& means, int sign) const;
    void scale_covariances(std::vector<double>& covariances, Covariance family, int sign) const;

    std::vector<int> exponents_;
};

/// The weights divided by a power of two where their sums with log-likelihoods or squares could leave the range of
/// doubles; else empty. Only a prior would feel it, and beside such weights none does.
std::vector<double> comfortable_weights(WeightsView weights);

}  // namespace gaussmix::em
