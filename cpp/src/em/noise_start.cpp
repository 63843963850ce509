#include "em/noise_start.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "em/run/noise.hpp"
#include "em/starts/search/search.hpp"
#include "em/starts/volume.hpp"
#include "gaussmix/scoring.hpp"

namespace gaussmix::em {
namespace {

constexpr double low_density = 0.5;    // over the volume: as many rows as a background of half of them gives
constexpr double least_weight = 0.01;  // to start from: EM takes it away where there is no noise
constexpr double most_weight = 0.9;

/// A first fit is a means: it need not be polished, and runs even where the start itself is wanted.
Options without_noise(Options options) {
    options.noise.reset();
    options.bounds = options.bounds.of_variances();
    options.n_init = 1;
    options.strict = false;
    options.max_iter = std::max(options.max_iter, Options{}.max_iter);
    options.tol = std::max(options.tol, Options{}.tol);
    return options;
}

double total_weight(const Sample& sample) { return std::accumulate(sample.weights.begin(), sample.weights.end(), 0.0); }

/// Returns the log-density below which rows are noise, so that what is noise weighs as much as `noise` says.
double threshold(const std::vector<double>& log_densities, const Sample& sample, const NoiseOptions& noise,
                 double weight_of_far, double total) {
    if (!noise.weight) return std::log(low_density) - *noise.log_volume;
    std::vector<Index> order(log_densities.size());
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return log_densities[a] < log_densities[b]; });
    double passed = weight_of_far;
    for (const Index i : order) {
        passed += sample.weights[i];
        if (passed > *noise.weight * total) return log_densities[i];
    }
    return log_densities[order.back()];
}

}  // namespace

Cleaned cleaned(const Sample& all, const Options& options, const FitSample& fit, const Execution& execution) {
    const double total = total_weight(all);
    const Sample sample = without_far_rows(all);
    Options first = without_noise(options);
    if (sample.n_rows() <= options.n_components) return {all, options.noise->weight.value_or(least_weight)};
    if (sample.n_rows() > options.n_components + 1) ++first.n_components;
    const Model model = fit(sample, first);
    const std::vector<double> log_densities =
        score_samples(model.scorer, row_major(sample.values, sample.n_features), execution);
    const double least = threshold(log_densities, sample, *options.noise, total - total_weight(sample), total);
    Cleaned result{{{sample.n_features, {}, {}}}, 0};
    double left = 0;
    for (Index i = 0; i < sample.n_rows(); ++i) {
        if (log_densities[i] < least) continue;
        result.sample.values.insert(result.sample.values.end(), sample.row(i), sample.row(i) + sample.n_features);
        result.sample.weights.push_back(sample.weights[i]);
        left += sample.weights[i];
    }
    // Too few rows are no clusters: then nothing is known.
    if (result.sample.n_rows() <= options.n_components) return {all, options.noise->weight.value_or(least_weight)};
    result.noise_weight = options.noise->weight.value_or(std::clamp(1 - left / total, least_weight, most_weight));
    return result;
}

Parameters start_beside_noise(const Sample& sample, const Options& options, const FitSample& fit,
                              const Execution& execution) {
    const Cleaned rest = cleaned(sample, options, fit, execution);
    Options second = without_noise(options);
    if (options.max_iter == 0) second.max_iter = 0;
    Parameters start = fit(rest.sample, second).parameters;
    for (double& weight : start.weights) weight *= 1 - rest.noise_weight;
    start.noise = noise_of(*options.noise, rest.noise_weight);
    if (!searches(options) || options.init != Init::kmeans || options.max_iter == 0) return start;
    const rows::Context context(execution);
    const rows::Data rows = sample.rows(context);
    random::Generator generator(options.seed, 0);
    const Summary units = without_far_rows(summarize(rows.x, rows.weights, execution), sample);
    return improved(sample, options, units, start, generator, context);
}

}  // namespace gaussmix::em
