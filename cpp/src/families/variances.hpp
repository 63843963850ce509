/// What the families without correlations share, and those of them with variances of each feature.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "families/family.hpp"

namespace gaussmix::families {

class WithoutCorrelations : public Family {
public:
    using Family::Family;

protected:
    /// Computes the standard deviation. Returns false unless the variance is positive and finite, and its root and
    /// inverse are too.
    static bool deviation(double variance, double& out) noexcept {
        out = std::sqrt(variance);
        return variance > 0 && std::isfinite(variance) && std::isfinite(1 / out);
    }

    /// Moves the means of the halves of component `from` apart along a feature of this variance; returns the step, by
    /// whose square the variance within each half is smaller (see `OfMatrices::halve_means`).
    static double halve_means(Parameters& parameters, double variance, Index from, Index to, Index feature) {
        const Index d = parameters.n_features;
        const double step = half_mean * std::sqrt(variance);
        double* mean = parameters.means.data() + from * d;
        std::copy_n(mean, d, parameters.means.data() + to * d);
        mean[feature] -= step;
        parameters.means[to * d + feature] += step;
        return step;
    }
};

/// Covariances stored as a variance of each feature in each component, (K, d).
class OfVariances : public WithoutCorrelations {
public:
    using WithoutCorrelations::WithoutCorrelations;

    std::vector<Index> shape(Index n_components, Index n_features) const final { return {n_components, n_features}; }
    bool root(const Parameters& parameters, Index k, const kernels::Table&, double* out) const final {
        const Index d = parameters.n_features;
        const double* variances = parameters.covariances.data() + k * d;
        for (Index j = 0; j < d; ++j) {
            if (!deviation(variances[j], out[j])) return false;
        }
        return true;
    }
    /// sigma_kj^2 = (S_kj - N_k delta_kj^2) / divisor_k, at least zero, + ridge.
    void update(const MStep& step, const rows::Context&, Parameters& parameters) const final {
        const Index d = parameters.n_features;
        for_each_live_component(step, [&](Index k, double count, double divisor) {
            const double share = count / divisor;
            for (Index j = 0; j < d; ++j) {
                const Index at = k * d + j;
                const double moved = share * (step.shift[at] * step.shift[at]);
                parameters.covariances[at] =
                    std::max(step.moments->scatter[at] / divisor - moved, 0.0) + (*step.ridge)[j];
            }
        });
    }
    void lift(Parameters& parameters, Index k, double scale, const std::vector<double>& amounts) const final {
        double* variances = parameters.covariances.data() + k * parameters.n_features;
        for (Index j = 0; j < parameters.n_features; ++j) variances[j] += scale * amounts[j];
    }
    void bound(Parameters& parameters, Index k, double least, double most) const final {
        double* variances = parameters.covariances.data() + k * parameters.n_features;
        for (Index j = 0; j < parameters.n_features; ++j) variances[j] = std::clamp(variances[j], least, most);
    }
    double variance(const Parameters& parameters, Index k, Index feature) const noexcept final {
        return parameters.covariances[k * parameters.n_features + feature];
    }
    void add_outer(double* to, double factor, const std::vector<double>& step) const noexcept final {
        for (const double a : step) *to++ += factor * a * a;
    }
    void halve(Parameters& parameters, Index from, Index to, Index feature) const final {
        const Index d = parameters.n_features;
        double* variances = parameters.covariances.data() + from * d;
        const double step = halve_means(parameters, variances[feature], from, to, feature);
        variances[feature] -= step * step;
        std::copy_n(variances, d, parameters.covariances.data() + to * d);
    }
};

}  // namespace gaussmix::families
