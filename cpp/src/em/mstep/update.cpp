/// The M-step: from moments to parameters.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "em/mstep/estimate.hpp"
#include "em/mstep/mend.hpp"
#include "em/mstep/prior.hpp"
#include "moments/check.hpp"
#include "rows/scales.hpp"
#include "rows/summary.hpp"
#include "text/invalid.hpp"

namespace gaussmix {
namespace {

constexpr double relative_ridge = 1e-6;  // of the weighted variance of each feature
constexpr double least_rows = 1e-12;     // a component that owns less than this share of one row has none

/// Returns the weights of the components that have rows, zero for the others.
void count(const Moments& moments, std::vector<double>& weights) {
    const double least = least_rows * moments.total_weight / static_cast<double>(std::max<Index>(moments.n_rows, 1));
    weights.assign(moments.weights.begin(), moments.weights.begin() + moments.n_components);
    for (double& weight : weights) {
        if (!(weight > least)) weight = 0;
    }
}

}  // namespace

Ridge make_ridge(const Options& options, const Summary& summary) {
    rows::check(summary);
    const std::vector<double>& variances = summary.variances;
    const double relative = options.prior ? 0 : relative_ridge;
    Ridge ridge;
    for (std::size_t j = 0; j < variances.size(); ++j) {
        const double variance = variances[j];
        const int exponent = summary.exponents.empty() ? 0 : summary.exponents[j];
        ridge.added.push_back(options.reg_covar ? std::ldexp(*options.reg_covar, -2 * exponent) : relative * variance);
    }
    ridge.rescue = rows::scales_of(summary);
    // EM lowers a variance that missing values keep up for ever.
    for (std::size_t j = 0; rows::has_holes(summary) && j < variances.size(); ++j) {
        if (summary.maxima[j] > summary.minima[j]) continue;
        ridge.added[j] = std::max(ridge.added[j], em::first_jitter * ridge.rescue[j]);
    }
    return ridge;
}

namespace em {
namespace {

/// Replaces the counts of components, which the weights are, by weights: those of all terms sum to 1.
void weigh(const Moments& moments, const Known& known, const std::optional<Parameters>& before,
           Parameters& parameters) {
    const double background = moments.has_background() ? moments.weights.back() : 0;
    if (before) {
        std::vector<double> terms = parameters.weights;
        if (parameters.noise) terms.push_back(background);
        known.weigh(families::weights_of_terms(*before), moments.n_components, terms);
        std::copy_n(terms.begin(), moments.n_components, parameters.weights.begin());
        if (parameters.noise) parameters.noise->weight = terms.back();
        return;
    }
    const double total = std::accumulate(parameters.weights.begin(), parameters.weights.end(), 0.0) + background;
    for (double& weight : parameters.weights) weight /= total;
    if (parameters.noise) parameters.noise->weight = background / total;
}

}  // namespace

void estimate(const Moments& moments, CovarianceType covariance, const std::vector<double>& ridge, const Known& known,
              families::MStep& step, const rows::Context& context, Parameters& parameters) {
    const families::Family& family = families::get(covariance);
    const Index d = moments.n_features;
    parameters.covariance_type = covariance;
    parameters.n_components = moments.n_components;
    parameters.n_features = d;
    parameters.means = moments.reference;
    if (std::count(step.counts.begin(), step.counts.end(), 0.0) > 0) parameters.covariances.clear();
    parameters.covariances.resize(families::covariances_size(family, moments.n_components, d));
    step.moments = &moments;
    step.ridge = &ridge;
    step.shift.resize(parameters.means.size());
    for (Index k = 0; k < moments.n_components; ++k) {
        const double count = step.counts[k];
        if (count == 0) continue;
        if (known.mean(k)) {
            std::fill_n(step.shift.begin() + k * d, d, 0.0);
            continue;
        }
        for (Index j = 0; j < d; ++j) {
            const Index at = k * d + j;
            step.shift[at] = moments.first[at] / count;
            parameters.means[at] += step.shift[at];
        }
    }
    family.update(step, context, parameters);
}

void check(const Ridge& ridge, Index n_features) {
    if (n_features != signed_size(ridge.added) || n_features != signed_size(ridge.rescue)) {
        text::invalid("there are {} features, but the ridge is for {}", n_features, ridge.added.size());
    }
    for (std::size_t j = 0; j < ridge.added.size(); ++j) {
        if (ridge.added[j] >= 0 && ridge.rescue[j] > 0 && std::isfinite(ridge.added[j] + ridge.rescue[j])) continue;
        text::invalid(
            "the ridge of feature {} is {}, its rescue {}: they must be finite, not negative, and the rescue positive",
            j, ridge.added[j], ridge.rescue[j]);
    }
}

void check(const Moments& moments, CovarianceType covariance, const Ridge& ridge) {
    moments::check(moments);
    check(ridge, moments.n_features);
    const families::Family& family = families::get(covariance);
    if (moments.scatter_kind != family.scatter.kind) {
        text::invalid("moments have not the scatter that covariance_type='{}' needs: see scatter_for", family.name);
    }
}

void update(const Moments& moments, CovarianceType covariance, const Ridge& ridge, const std::optional<Prior>& prior,
            const Known& known, Index iteration, std::vector<Event>& events, const rows::Context& context,
            Parameters& parameters) {
    check(moments, covariance, ridge);
    const families::Family& family = families::get(covariance);
    std::vector<double> before;
    if (!family.is_free() && parameters.covariance_type == covariance) before = parameters.covariances;
    std::optional<Parameters> kept;  // what components without rows keep, too
    if (known.any() && !parameters.covariances.empty()) kept = parameters;
    count(moments, parameters.weights);
    const auto is_zero = [](double weight) { return weight == 0; };
    if (parameters.noise && !parameters.covariances.empty() && parameters.covariance_type == covariance &&
        std::all_of(parameters.weights.begin(), parameters.weights.end(), is_zero)) {
        // The background has all rows: nothing is learnt of the components but their weights.
        weigh(moments, known, kept, parameters);
        for (Index k = 0; k < moments.n_components; ++k) {
            if (parameters.weights[k] == 0) tell(events, {iteration, k, Act::prune});
        }
        return;
    }
    families::MStep step;
    step.counts = step.divisors = parameters.weights;
    std::optional<Moments> with_prior;
    if (prior) {
        const PriorShare share = posterior_mode(*prior, family, moments.n_components, moments.n_features);
        with_prior = add(*prior, share, moments, step);
    }
    estimate(with_prior ? *with_prior : moments, covariance, ridge.added, known, step, context, parameters);
    const std::vector<double> rows = parameters.weights;
    weigh(moments, known, kept, parameters);
    for (Index k = 0; k < moments.n_components; ++k) {
        if (rows[k] > 0) continue;
        const bool has_covariance = step.counts[k] > 0 || family.whitening.is_shared();
        if (!has_covariance) family.lift(parameters, k, 1.0, ridge.rescue);
        if (!kept) {
            revive(parameters, k, ridge, iteration, events);
        } else if (parameters.weights[k] == 0) {
            tell(events, {iteration, k, Act::prune});
        }
    }
    keep_mended(parameters, ridge, events);
    if (!known.fixes_all_covariances()) {
        constrain({step.divisors, before}, ridge, iteration, events, context, parameters);
    }
    if (known.any()) known.restore(kept, step.counts, parameters);
}

}  // namespace em

Parameters update(const Moments& moments, CovarianceType covariance, const Ridge& ridge,
                  const std::optional<Prior>& prior, Index iteration, std::vector<Event>& events, double log_volume) {
    if (prior) {
        Options options;
        options.covariance_type = covariance;
        em::check_complete(*prior, options, moments.n_features);
    }
    Parameters parameters;
    if (moments.has_background()) parameters.noise = Noise{0, log_volume};
    em::update(moments, covariance, ridge, prior, {}, iteration, events, rows::Context(Execution{}), parameters);
    return parameters;
}

}  // namespace gaussmix
