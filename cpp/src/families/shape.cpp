#include "families/shape.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace gaussmix::families {
namespace {

bool are_variances(const std::vector<double>& values) {
    return std::all_of(values.begin(), values.end(), [](double v) { return v > 0 && std::isfinite(v); });
}

double mean_log(const double* values, Index d) {
    double sum = 0;
    for (Index j = 0; j < d; ++j) sum += std::log(values[j]);
    return sum / static_cast<double>(d);
}

}  // namespace

std::vector<double> log_volumes(const std::vector<double>& values, Index n_features) {
    std::vector<double> result;
    for (const double* w = values.data(); w != values.data() + values.size(); w += n_features) {
        result.push_back(mean_log(w, n_features));
    }
    return result;
}

double log_mean(const std::vector<double>& weights, const std::vector<double>& logs) {
    const double top = *std::max_element(logs.begin(), logs.end());
    double sum = 0;
    for (std::size_t k = 0; k < logs.size(); ++k) sum += weights[k] * std::exp(logs[k] - top);
    return top + std::log(sum / std::accumulate(weights.begin(), weights.end(), 0.0));
}

bool equalise(const std::vector<double>& weights, Index n_features, std::vector<double>& values) {
    const Index d = n_features;
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::vector<double> mean(d);
    for (std::size_t k = 0; k < weights.size(); ++k) {
        const double* w = values.data() + static_cast<Index>(k) * d;
        for (Index j = 0; j < d; ++j) mean[j] += weights[k] / total * w[j];
    }
    if (!are_variances(mean)) return false;
    for (std::size_t at = 0; at < values.size(); at += mean.size()) {
        std::copy(mean.begin(), mean.end(), values.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return true;
}

bool equalise_volumes(const std::vector<double>& weights, Index n_features, std::vector<double>& values) {
    if (!are_variances(values)) return false;
    const std::vector<double> logs = log_volumes(values, n_features);
    const double log_volume = log_mean(weights, logs);
    std::vector<double> result;
    result.reserve(values.size());
    for (Index at = 0; at < signed_size(values); ++at) {
        result.push_back(values[at] * std::exp(log_volume - logs[at / n_features]));
    }
    if (!are_variances(result)) return false;
    values = std::move(result);
    return true;
}

bool equalise_shapes(const std::vector<double>& weights, const std::vector<double>& log_volumes_before,
                     Index n_features, std::vector<double>& values) {
    const Index d = n_features;
    std::vector<double> volumes;
    for (Index k = 0; k < signed_size(weights); ++k) {
        const double* w = values.data() + k * d;
        // Their means rather than their determinants: positive unless all values of a component are zero.
        volumes.push_back(log_volumes_before.empty() ? std::accumulate(w, w + d, 0.0) / static_cast<double>(d)
                                                     : std::exp(log_volumes_before[k]));
    }
    if (!are_variances(volumes)) return false;
    std::vector<double> shape(d);
    take_turns(!log_volumes_before.empty(), [&] {
        std::fill(shape.begin(), shape.end(), 0.0);
        for (Index at = 0; at < signed_size(values); ++at) {
            shape[at % d] += weights[at / d] * (values[at] / volumes[at / d]);
        }
        const double scale = std::exp(mean_log(shape.data(), n_features));
        for (double& a : shape) a /= scale;
        double most = 0;
        for (Index k = 0; k < signed_size(volumes); ++k) {
            double sum = 0;
            for (Index j = 0; j < d; ++j) sum += values[k * d + j] / shape[j];
            const double before = std::exchange(volumes[k], sum / static_cast<double>(d));
            most = std::max(most, std::abs(volumes[k] / before - 1));
        }
        return most;
    });
    std::vector<double> result;
    result.reserve(values.size());
    for (Index at = 0; at < signed_size(values); ++at) result.push_back(volumes[at / d] * shape[at % d]);
    if (!are_variances(result)) return false;
    values = std::move(result);
    return true;
}

}  // namespace gaussmix::families
