#include "em/sample.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "em/distances.hpp"

namespace gaussmix::em {

Sample Sample::thinned(Index size) const {
    const Index step = std::max<Index>(n_rows() / size, 1);
    Sample result;
    result.n_features = n_features;
    for (Index i = 0; i < n_rows(); i += step) {
        result.values.insert(result.values.end(), row(i), row(i) + n_features);
        result.weights.push_back(weights[static_cast<std::size_t>(i)]);
    }
    return result;
}

Sampler::Sampler(const Rows& rows, const Summary& summary)
    : rows_(rows), chances_(static_cast<std::size_t>(rows.x.n_rows)) {
    for (Index i = 0; i < rows.x.n_rows; ++i) {
        n_counting_ += weight(i) > 0 ? 1 : 0;
        total_weight_ += weight(i);
    }
    // The mean of the squared scaled distances is the number of features that vary.
    const auto varying =
        std::count_if(summary.variances.begin(), summary.variances.end(), [](double v) { return v > 0; });
    const double mean_distance = static_cast<double>(std::max<Index>(varying, 1));
    for_each_distance(
        rows, distance_plan(rows, 1), distance_scorer(summary.means, 1, summary),
        [&](DistanceWorker& worker, Index, Index first, Index n) {
            constexpr double largest = std::numeric_limits<double>::max();
            const double* distance = worker.distances(0);
            for (Index i = 0; i < n; ++i) {  // shares of the weight, whose sum cannot overflow
                chances_[static_cast<std::size_t>(first + i)] =
                    weight(first + i) / total_weight_ + std::min(distance[i], largest) / mean_distance / total_weight_;
            }
        },
        [](Index) {});
}

Sample Sampler::draw(Index size, random::Generator& generator) const {
    Sample sample;
    sample.n_features = rows_.x.n_features;
    sample.values.reserve(static_cast<std::size_t>(std::min(n_counting_, 2 * size) * sample.n_features));
    const auto take = [&](Index row, double row_weight) {
        sample.values.resize(sample.values.size() + static_cast<std::size_t>(sample.n_features));
        rows::read_row(rows_.x, row, sample.values.data() + sample.n_rows() * sample.n_features);
        sample.weights.push_back(row_weight);
    };
    if (n_counting_ < 2 * size) {
        for (Index i = 0; i < rows_.x.n_rows; ++i) {
            if (weight(i) > 0) take(i, weight(i));
        }
        return sample;
    }
    const double share = std::accumulate(chances_.begin(), chances_.end(), 0.0) / static_cast<double>(size);
    double next = generator.uniform() * share;
    double passed = 0;
    for (Index i = 0; i < rows_.x.n_rows; ++i) {
        const double chance = chances_[static_cast<std::size_t>(i)];
        passed += chance;
        for (; next < passed; next = (static_cast<double>(sample.n_rows()) + generator.uniform()) * share) {
            take(i, weight(i) / chance / total_weight_);
        }
    }
    const double sum = std::accumulate(sample.weights.begin(), sample.weights.end(), 0.0);
    for (double& row_weight : sample.weights) row_weight *= total_weight_ / sum;
    return sample;
}

}  // namespace gaussmix::em
