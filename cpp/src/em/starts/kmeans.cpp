#include "em/starts/kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "em/starts/nearest.hpp"
#include "em/starts/seeds.hpp"
#include "em/starts/split_merge.hpp"

namespace gaussmix::em {
namespace {

// The clusters are a start for EM, which moves them further with every iteration: where k-means is slow, as on data
// without clusters, it is stopped early. The part of the cost that an iteration must gain:
constexpr double settling_gain = 1e-2;  // before clusters are split and merged, which gains more
constexpr double resting_gain = 1e-3;   // at the end
constexpr Index most_iterations = 30;

constexpr double least_rise =
    1e-3;  // of the log-likelihood per row, for splits and merges to continue: the default of EM
constexpr Index most_rounds = 10;  // of splits and merges; two or three are usual

// Seeds come from a part of the sample that still shows all but the smallest clusters. Their time is that of all pairs
// of a cluster and a row of it: thousands of clusters have fewer rows each, and what their seeds miss, splits and
// merges find.
constexpr Index seed_rows_a_cluster = 20;
constexpr Index least_seed_rows = 1000;
constexpr Index enough_seed_rows = 20'000;
constexpr Index least_seed_rows_a_cluster = 5;

Index rows_for_seeds(Index n_components) {
    const Index usual = std::clamp(n_components * seed_rows_a_cluster, least_seed_rows, enough_seed_rows);
    return std::max(usual, n_components * least_seed_rows_a_cluster);
}

/// Returns the summary of the sample in its own units, in which distances are measured.
Summary standard_units(Index n_features) {
    Summary summary;
    summary.means.assign(n_features, 0.0);
    summary.variances.assign(n_features, 1.0);
    return summary;
}

std::vector<double> deviations(const Summary& summary) {
    std::vector<double> result;
    for (const double variance : summary.variances) result.push_back(std::sqrt(variance));
    return result;
}

/// Assigns each row to its nearest centre; a cluster without rows stays where it is.
Clusters assign(const Sample& sample, NearestCentres& nearest, std::vector<double> centres, Index n_components) {
    const Index d = sample.n_features;
    Clusters clusters;
    clusters.labels.resize(sample.weights.size());
    std::vector<double> squares(sample.weights.size());
    nearest.find(centres, clusters.labels, squares);
    clusters.weights.resize(n_components);
    clusters.squares.resize(n_components);
    std::vector<double> sums(centres.size());
    for (Index i = 0; i < sample.n_rows(); ++i) {
        const Index k = clusters.labels[i];
        clusters.weights[k] += sample.weights[i];
        clusters.squares[k] += squares[i];
        clusters.cost += squares[i];
        double* sum = sums.data() + k * d;
        for (Index j = 0; j < d; ++j) sum[j] += sample.weights[i] * sample.row(i)[j];
    }
    for (Index i = 0; i < signed_size(sums); ++i) {
        const Index k = i / d;
        const double weight = clusters.weights[k];
        if (!(weight > 0)) continue;
        const double step = sums[i] / weight - centres[i];
        clusters.squares[k] -= weight * step * step;
        centres[i] += step;
    }
    clusters.centres = std::move(centres);
    return clusters;
}

/// Does Lloyd's iterations until one gains less than this share of the cost.
Clusters lloyd(const Sample& sample, NearestCentres& nearest, std::vector<double> centres, Index n_components,
               double least_gain) {
    Clusters clusters = assign(sample, nearest, std::move(centres), n_components);
    for (Index iteration = 1; iteration < most_iterations; ++iteration) {
        const double before = clusters.cost;
        clusters = assign(sample, nearest, std::move(clusters.centres), n_components);
        if (!(clusters.cost < (1 - least_gain) * before)) break;
    }
    return clusters;
}

/// With splits and merges, and more iterations after each.
Clusters improved(const Sample& sample, NearestCentres& nearest, Clusters clusters, const rows::Context& context) {
    const Index n_components = signed_size(clusters.weights);
    for (Index round = 0; round < most_rounds; ++round) {
        std::vector<double> swapped = split_and_merge(sample, clusters, context);
        if (swapped.empty()) break;
        Clusters other = lloyd(sample, nearest, std::move(swapped), n_components, settling_gain);
        if (!(log_likelihood(sample, other) > log_likelihood(sample, clusters) + least_rise)) break;
        clusters = std::move(other);
    }
    return lloyd(sample, nearest, std::move(clusters.centres), n_components, resting_gain);
}

}  // namespace

std::vector<double> kmeans(Sample sample, Index n_components, const Summary& summary, Clustering clustering,
                           bool prunes, random::Generator& generator, const rows::Context& context) {
    const Index d = sample.n_features;
    const std::vector<double> unit = deviations(summary);
    for (Index i = 0; i < signed_size(sample.values); i += d) {
        double* row = sample.values.data() + i;
        for (Index j = 0; j < d; ++j) row[j] = unit[j] > 0 ? (row[j] - summary.means[j]) / unit[j] : 0.0;
    }
    const Summary units = standard_units(sample.n_features);
    const Sample part = sample.thinned(rows_for_seeds(n_components));
    std::vector<double> seeds = seed_plusplus(part.rows(context), n_components, units, generator);
    NearestCentres nearest(sample, n_components, units, prunes, context);
    Clusters clusters = lloyd(sample, nearest, std::move(seeds), n_components, settling_gain);
    if (clustering == Clustering::thorough) clusters = improved(sample, nearest, std::move(clusters), context);
    std::vector<double> centres = std::move(clusters.centres);
    for (Index i = 0; i < signed_size(centres); ++i) centres[i] = summary.means[i % d] + unit[i % d] * centres[i];
    return centres;
}

}  // namespace gaussmix::em
