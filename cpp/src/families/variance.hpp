/// What the families with one variance for all features share.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "families/variances.hpp"

namespace gaussmix::families {

/// Covariances stored as one variance of each component, (K,).
class OfVariance : public WithoutCorrelations {
public:
    using WithoutCorrelations::WithoutCorrelations;

    std::vector<Index> shape(Index n_components, Index) const final { return {n_components}; }
    bool scales_apart() const noexcept final { return false; }

    bool root(const Parameters& parameters, Index k, const kernels::Table&, double* out) const final {
        if (!deviation(parameters.covariances[k], out[0])) return false;
        std::fill_n(out + 1, parameters.n_features - 1, out[0]);
        return true;
    }

    /// sigma_k^2 = (S_k - N_k ||delta_k||^2) / divisor_k / d + ridge: the mean over the features of the variances that
    /// `diag` has.
    void update(const MStep& step, const rows::Context&, Parameters& parameters) const final {
        const Index d = parameters.n_features;
        for_each_live_component(step, [&](Index k, double count, double divisor) {
            const double* delta = step.shift.data() + k * d;
            const double moved = count / divisor * std::inner_product(delta, delta + d, delta, 0.0);
            const double trace = step.moments->scatter[k] / divisor;
            parameters.covariances[k] = std::max(trace - moved, 0.0) / static_cast<double>(d) + mean_of(*step.ridge);
        });
    }

    void lift(Parameters& parameters, Index k, double scale, const std::vector<double>& amounts) const final {
        parameters.covariances[k] += scale * mean_of(amounts);
    }
    void bound(Parameters& parameters, Index k, double least, double most) const final {
        parameters.covariances[k] = std::clamp(parameters.covariances[k], least, most);
    }
    double variance(const Parameters& parameters, Index k, Index) const noexcept final {
        return parameters.covariances[k];
    }
    void add_outer(double* to, double factor, const std::vector<double>& step) const noexcept final {
        for (const double a : step) *to += factor * a * a / static_cast<double>(step.size());
    }
    /// The cut takes its square from one of the d features.
    void halve(Parameters& parameters, Index from, Index to, Index feature) const final {
        double& variance = parameters.covariances[from];
        const double step = halve_means(parameters, variance, from, to, feature);
        variance -= step * step / static_cast<double>(parameters.n_features);
        parameters.covariances[to] = variance;
    }

private:
    static double mean_of(const std::vector<double>& values) {
        return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    }
};

}  // namespace gaussmix::families
