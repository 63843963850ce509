#include "em/starts/default_prior.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "em/mstep/prior.hpp"
#include "em/run/options.hpp"
#include "em/starts/data_covariance.hpp"
#include "families/prepare.hpp"
#include "rows/scales.hpp"
#include "rows/summary.hpp"
#include "text/invalid.hpp"

namespace gaussmix {
namespace em {
namespace {

// Rows per component and feature: with at least `many_rows` the prior is Fraley and Raftery's, with at most `few_rows`
// it is ours, in between a mean of both.
constexpr double many_rows = 12;
constexpr double few_rows = 10;

/// The least shrinkage of correlations: as much as the default ridge adds to variances.
constexpr double least_shrinkage = 1e-6;

bool is_whole(CovarianceType family) { return !families::get(family).whitening.is_separable(); }

/// Returns how far the prior is ours, from 0 to 1, by the number of rows.
double part_by_rows(const Options& options, const Summary& summary) {
    const double rows = summary.total_weight / static_cast<double>(options.n_components * signed_size(summary.means));
    return std::clamp((many_rows - rows) / (many_rows - few_rows), 0.0, 1.0);
}

double default_degrees(const Options& options, double ours, double n_features) {
    // Variances that are estimated one by one need only the degrees of freedom of a single feature.
    const whitening::Form& form = families::get(options.covariance_type).whitening;
    const bool one_by_one = form.is_separable() && !form.is_uniform() && !options.variational;
    return one_by_one ? (1 - ours) * (n_features + 2) + ours * 3 : n_features + 2;
}

/// Returns the divisor of the prior's covariance in a component without rows.
double divisor_alone(const Prior& prior, const Options& options, Index n_features) {
    const families::Family& family = families::get(options.covariance_type);
    const PriorShare share = options.variational ? posterior_mean(prior, family, n_features)
                                                 : posterior_mode(prior, family, options.n_components, n_features);
    return share.divisor * static_cast<double>(family.scatter.features_summed(n_features)) / share.covariance;
}

/// Returns the factor from a biased estimate of the data's covariance to a K-th of the volume of the unbiased one, for
/// each component.
double share_of_volume(const Summary& summary, Index n_components) {
    return summary.total_weight / std::max(summary.total_weight - 1, 1.0) /
           std::pow(static_cast<double>(n_components), 2 / static_cast<double>(summary.means.size()));
}

void multiply(std::vector<double>& numbers, double by) {
    for (double& number : numbers) number *= by;
}

double mean_of(const std::vector<double>& numbers) {
    return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

/// Multiplies the off-diagonal entries of a (d, d) matrix.
void multiply_covariances(std::vector<double>& matrix, Index d, double by) {
    for (Index i = 0; i < d; ++i) {
        for (Index j = 0; j < d; ++j) {
            if (i != j) matrix[i * d + j] *= by;
        }
    }
}

/// Returns the sum of the squared correlations of all pairs of features.
double squared_correlations(const std::vector<double>& covariance, Index d) {
    std::vector<double> inverse;
    for (Index j = 0; j < d; ++j) inverse.push_back(1 / std::sqrt(covariance[j * d + j]));
    double sum = 0;
    for (Index i = 0; i < d; ++i) {
        for (Index j = 0; j < i; ++j) {
            const double correlation = covariance[i * d + j] * inverse[i] * inverse[j];
            sum += 2 * correlation * correlation;
        }
    }
    return sum;
}

/// Returns how far the correlations of n rows are shrunk to zero: the oracle approximating shrinkage of Chen, Wiesel,
/// Eldar and Hero (2010, eq. 23), of correlations instead of covariances, so that the units of features do not matter.
double shrinkage(double squared_correlations, double rows, Index n_features) {
    const auto d = static_cast<double>(n_features);
    const double numerator = (1 - 2 / d) * (d + squared_correlations) + d * d;
    const double denominator = (rows + 1 - 2 / d) * squared_correlations;
    return numerator < denominator ? numerator / denominator : 1;
}

bool is_surely_definite(const std::vector<double>& matrix, CovarianceType family, Index d) {
    Parameters one = with_covariance(matrix, family, d);
    bool definite = true;
    const auto give_up = [&](Parameters& mended, Index) {
        definite = false;
        multiply_covariances(mended.covariances, d, 0);
    };
    Execution serial;
    serial.n_threads = 1;
    ScorerNumbers scorer;
    families::prepare(one, rows::Context(serial), give_up, scorer, families::least_sure_eigenvalue(d));
    return definite;
}

/// Returns the scales of features; constant ones have that of the others.
void give_scales(std::vector<double>& matrix, const Summary& summary) {
    const std::vector<double> scales = rows::scales_of(summary);
    for (std::size_t j = 0; j < scales.size(); ++j) {
        double& variance = matrix[j * scales.size() + j];
        if (!(variance > 0)) variance = scales[j];
    }
}

/// Returns how far the prior is ours, from 0 to 1: entirely if theirs, of a singular covariance, would be no density.
double part_of_ours(const Options& options, const Summary& summary, const std::vector<double>& covariance) {
    const double part = part_by_rows(options, summary);
    if (!is_whole(options.covariance_type) || part == 1) return part;
    std::vector<double> matrix = covariance;
    give_scales(matrix, summary);
    return is_surely_definite(matrix, options.covariance_type, signed_size(summary.means)) ? part : 1;
}

/// What the data say about covariances.
struct Data {
    const Options& options;
    const Summary& summary;
    const std::vector<double>& covariance;  // (d, d); may be empty if only variances are needed
    const std::vector<double>& within;      // within clusters, (d, d) or (d,); may be empty

    Index d() const noexcept { return signed_size(summary.means); }

    /// Returns Fraley and Raftery's covariance, except for constant features, and in `diag` for features of small
    /// units: the variance that all features share there is at most one that leaves a feature, without rows, as wide as
    /// the data.
    std::vector<double> theirs(double divisor) const {
        std::vector<double> result;
        const std::vector<double> scales = rows::scales_of(summary);
        if (is_whole(options.covariance_type)) {
            result = covariance;
            give_scales(result, summary);
        } else {
            const double mean = mean_of(summary.variances);
            const double alike = mean > 0 ? mean : 1;
            result.assign(families::get(options.covariance_type).whitening.is_uniform() ? 1 : scales.size(), alike);
            for (std::size_t j = 0; result.size() > 1 && j < scales.size(); ++j) {
                result[j] = std::min(alike, std::max(divisor, 1.0) * scales[j]);
            }
        }
        multiply(result, share_of_volume(summary, options.n_components));
        return result;
    }

    /// Returns a covariance that makes a component without rows as wide as the clusters are, with shrunk correlations.
    std::vector<double> ours(double divisor) const {
        std::vector<double> result = widened();
        if (is_whole(options.covariance_type)) {
            const double rows = summary.total_weight / static_cast<double>(options.n_components);
            const double by = shrinkage(squared_correlations(result, d()), rows, d());
            multiply_covariances(result, d(), 1 - std::max(by, least_shrinkage));
        } else if (families::get(options.covariance_type).whitening.is_uniform()) {
            result = {mean_of(result)};
        }
        multiply(result, divisor);
        return result;
    }

private:
    /// Returns the unbiased covariance within clusters, as if there were part of one more row, as far out as a share of
    /// the data's volume is wide: a whole row if each cluster is a single one, hardly any if clusters have many rows.
    std::vector<double> widened() const {
        const double volume = share_of_volume(summary, options.n_components);
        std::vector<double> scales = rows::scales_of(summary);
        const bool whole = is_whole(options.covariance_type);
        if (within.empty()) {
            std::vector<double> result = whole ? covariance : scales;
            if (whole) give_scales(result, summary);
            multiply(result, volume);
            return result;
        }
        const double degrees = std::max(summary.total_weight - static_cast<double>(options.n_components), 0.0);
        const double part = 1 / (1 + degrees);
        std::vector<double> result = within;
        multiply(result, summary.total_weight / (degrees + part));
        for (Index j = 0; j < d(); ++j) {
            double& variance = result[whole ? j * d() + j : j];
            const double wide = volume * scales[j];
            const bool constant = !(summary.variances[j] > 0);
            variance = constant ? wide : std::max(variance, 0.0) + part / (degrees + part) * wide;
        }
        return result;
    }
};

}  // namespace

Prior complete(const Prior& prior, const Options& options, const Summary& summary, const rows::Data& rows) {
    if (!prior.covariance.empty()) return gaussmix::complete(prior, options, summary);
    std::vector<double> covariance, within;
    if (is_whole(options.covariance_type) && part_by_rows(options, summary) < 1)
        covariance = covariance_of(rows, summary);
    if (part_of_ours(options, summary, covariance) > 0) within = covariance_within(rows, summary, options);
    return gaussmix::complete(prior, options, summary, covariance, within);
}

}  // namespace em

Prior complete(Prior prior, const Options& options, const Summary& summary, const std::vector<double>& covariance,
               const std::vector<double>& within) {
    rows::check(summary);
    em::check(options);
    const Index n_features = signed_size(summary.means);
    em::check_given(prior, options, n_features);
    const double by_rows = em::part_by_rows(options, summary);
    if (prior.mean.empty()) prior.mean = summary.means;
    if (!prior.degrees_of_freedom) {
        prior.degrees_of_freedom = em::default_degrees(options, by_rows, static_cast<double>(n_features));
    }
    if (!prior.covariance.empty()) {
        prior.covariance =
            symmetrised(em::with_covariance(prior.covariance, options.covariance_type, n_features)).covariances;
        return prior;
    }
    const bool whole = em::is_whole(options.covariance_type);
    const char* shape = whole ? "one for each pair of features" : "one for each feature";
    const Index size = whole ? n_features * n_features : n_features;
    if (!within.empty()) text::check_numbers("the covariance within clusters", within, size, shape);
    if (whole && (by_rows < 1 || within.empty())) {
        if (covariance.empty()) {
            text::invalid("prior.covariance is not given, and a summary tells variances only: give (d, d) numbers");
        }
        text::check_numbers("the covariance of the data", covariance, size, shape);
    }
    const double ours = em::part_of_ours(options, summary, covariance);
    const double divisor = em::divisor_alone(prior, options, n_features);
    const em::Data data{options, summary, covariance, within};
    if (ours < 1) prior.covariance = data.theirs(divisor);
    if (ours > 0) {
        std::vector<double> result = data.ours(divisor);
        for (std::size_t i = 0; i < prior.covariance.size(); ++i) {
            result[i] = (1 - ours) * prior.covariance[i] + ours * result[i];
        }
        prior.covariance = std::move(result);
    }
    return prior;
}

}  // namespace gaussmix
