/// Powers of two by which features and weights are divided for a fit if sums of their squares would leave the range of
/// doubles: exact, and undone in the result.
#pragma once

#include <functional>
#include <vector>

#include "em/mstep/known.hpp"
#include "gaussmix/fit.hpp"
#include "rows/context.hpp"

namespace gaussmix::em {

class Units {
public:
    /// Chooses units that suit the data; for spherical mixtures, equal ones for all features.
    Units(const Summary& summary, const Options& options);

    /// Returns whether the data can be fitted as they are.
    bool is_identity() const noexcept { return exponents_.empty(); }

    /// Returns the rows in these units, (n_rows, d) row-major.
    std::vector<double> apply(const MatrixView& x) const;
    /// Returns the exponent of each feature; empty if they are those of the data.
    const std::vector<int>& exponents() const noexcept { return exponents_; }

    /// Fits in these units: `fit` gets the options, the start and the callback in these units, and its result is
    /// returned in units of the data. Throws Error(degenerate), naming a feature whose variance no double can hold.
    using Fit = std::function<Model(const Options&, const Start&, const OnIteration&)>;
    Model fit_in(const Fit& fit, Options options, const Start& start, double total_weight, const Execution& execution,
                 const OnIteration& on_iteration) const;

private:
    double log_of_row() const;
    void scale_bounds(Bounds& bounds) const;
    void scale_box(NoiseBox& box, int sign) const;
    double log_scale(double total_weight, const Options& options) const;
    void restore(Model& fit, const Known& known, const Execution& execution) const;
    Start apply(const Start& start) const;
    Prior apply(Prior prior, CovarianceType family) const;
    void scale_means(std::vector<double>& means, int sign) const;
    void scale_covariances(std::vector<double>& covariances, CovarianceType family, int sign) const;

    std::vector<int> exponents_;
};

/// Returns the weights divided by a power of two if their sums with log-likelihoods or squares could leave the range of
/// doubles; else empty. This matters only to a prior, and beside such weights no prior counts.
std::vector<double> rescale_extreme_weights(WeightsView weights);

}  // namespace gaussmix::em
