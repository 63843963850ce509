#include "em/starts/split_merge.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "estep/distances.hpp"
#include "parallel/team.hpp"

namespace gaussmix::em {
namespace {

constexpr Index split_iterations = 5;   // of 2-means within a cluster: enough to see what a split would gain
constexpr std::size_t most_merges = 8;  // kept per cluster

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

/// Returns sum_j a_j b_j, in four sums, because each addition waits for the one before it.
double dot(const double* a, const double* b, Index n) {
    double sums[4] = {0, 0, 0, 0};
    Index j = 0;
    for (; j + 4 <= n; j += 4) {
        for (Index l = 0; l < 4; ++l) sums[l] += a[j + l] * b[j + l];
    }
    for (; j < n; ++j) sums[0] += a[j] * b[j];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/// What is known of one cluster.
struct Cluster {
    double weight;
    double squares;
    const double* centre;
};

Cluster cluster_at(const Clusters& clusters, Index k, Index d) {
    return {clusters.weights[k], clusters.squares[k], clusters.centres.data() + k * d};
}

/// The log-likelihood of a cluster's rows. One row of average spread is added to each cluster, so that few rows do not
/// look like a narrow cluster.
class Likelihood {
public:
    Likelihood(const Sample& sample, const Clusters& clusters)
        : half_d_(0.5 * static_cast<double>(sample.n_features)),
          total_(sum(clusters.weights)),
          row_(total_ / static_cast<double>(sample.n_rows())),
          spread_(std::max(sum(clusters.squares), 0.0) / static_cast<double>(sample.n_rows())) {}

    double operator()(double weight, double squares) const {
        if (!(weight > 0)) return 0;
        const double variance = (std::max(squares, 0.0) + spread_) / (weight + row_);
        return weight * (std::log(weight / total_) - half_d_ * std::log(variance));
    }

    double operator()(const Cluster& cluster) const { return (*this)(cluster.weight, cluster.squares); }

private:
    double half_d_;
    double total_;
    double row_;     // the weight of an average row
    double spread_;  // its squared distance
};

/// A cluster cut in two.
struct Split {
    double gain = 0;                 // of the log-likelihood
    std::vector<double> one, other;  // the centres of the parts; empty if there is nothing to split
};

/// Two clusters that might become one.
struct Merge {
    double loss;
    Index a, b;
};

/// The rows of each cluster.
std::vector<std::vector<Index>> members(const Clusters& clusters) {
    std::vector<std::vector<Index>> rows(clusters.weights.size());
    for (std::size_t i = 0; i < clusters.labels.size(); ++i) {
        rows[clusters.labels[i]].push_back(static_cast<Index>(i));
    }
    return rows;
}

/// Splits a cluster by 2-means of its rows, starting from a cut through the mean, across the direction of the row
/// farthest from it.
Split split(const Sample& sample, const std::vector<Index>& members, const Cluster& cluster,
            const Likelihood& likelihood) {
    const Index d = sample.n_features;
    const auto from_centre = [&](const double* x, std::vector<double>& way) {
        for (Index j = 0; j < d; ++j) way[j] = x[j] - cluster.centre[j];
    };
    std::vector<double> across(d), step(d), squares;
    squares.reserve(members.size());
    Index farthest = members.empty() ? 0 : members.front();
    double largest = 0;
    for (const Index i : members) {
        from_centre(sample.row(i), step);
        squares.push_back(dot(step.data(), step.data(), d));
        if (squares.back() > largest) {
            largest = squares.back();
            farthest = i;
        }
    }
    Split result;
    if (!(largest > 0)) return result;
    from_centre(sample.row(farthest), across);
    double cut = 0;
    for (Index iteration = 0; iteration < split_iterations; ++iteration) {
        // The means of the parts are centre + step and, for balance, centre - ratio * step.
        double part = 0, part_squares = 0;
        std::fill(step.begin(), step.end(), 0.0);
        const double level = cut + dot(across.data(), cluster.centre, d);
        for (std::size_t m = 0; m < members.size(); ++m) {
            const double* x = sample.row(members[m]);
            if (!(dot(across.data(), x, d) > level)) continue;
            const double weight = sample.weights[members[m]];
            part += weight;
            part_squares += weight * squares[m];
            for (Index j = 0; j < d; ++j) step[j] += weight * x[j];
        }
        const double rest = cluster.weight - part;
        if (!(part > 0 && rest > 0)) break;
        const double ratio = part / rest;
        for (double& s : step) s /= part;
        from_centre(step.data(), step);
        const double square = dot(step.data(), step.data(), d);
        result.gain = likelihood(part, part_squares - part * square) +
                      likelihood(rest, cluster.squares - part_squares - part * ratio * square) - likelihood(cluster);
        result.one.assign(cluster.centre, cluster.centre + d);
        result.other = result.one;
        for (Index j = 0; j < d; ++j) {
            result.one[j] += step[j];
            result.other[j] -= ratio * step[j];
        }
        across = step;
        cut = (1 - ratio) / 2 * square;  // halfway between the means
    }
    return result;
}

/// Returns the split of each cluster.
std::vector<Split> all_splits(const Sample& sample, const Clusters& clusters, const Likelihood& likelihood,
                              const rows::Context& context) {
    const std::vector<std::vector<Index>> rows = members(clusters);
    std::vector<Split> result(rows.size());
    constexpr Index distances = 2 * split_iterations + 1;  // distances computed per row
    const bool is_little =
        estep::distance_plan(sample.rows(context), distances).n_chunks == 1;  // too little work for threads
    parallel::parallel_for(
        signed_size(rows), is_little ? 1 : context.n_threads, context.poll, [&](Index k, const parallel::Worker&) {
            result[k] = split(sample, rows[k], cluster_at(clusters, k, sample.n_features), likelihood);
        });
    return result;
}

/// Returns, for each cluster, the merges with later ones that lose least, best first; all merges would take memory
/// quadratic in K. Squares grow by w_a w_b / (w_a + w_b) ||c_a - c_b||^2 (Ward 1963).
std::vector<Merge> best_merges(const Clusters& clusters, Index d, const Likelihood& likelihood,
                               const rows::Context& context) {
    const Index n = signed_size(clusters.weights);
    std::vector<double> alone;
    for (Index k = 0; k < n; ++k) alone.push_back(likelihood(cluster_at(clusters, k, d)));
    const auto loses_less = [](const Merge& x, const Merge& y) { return x.loss < y.loss; };
    std::vector<std::vector<Merge>> of_cluster(clusters.weights.size());
    const auto find = [&](Index i, const parallel::Worker&) {
        std::vector<Merge>& merges = of_cluster[i];
        const Cluster a = cluster_at(clusters, i, d);
        for (Index j = i + 1; j < n; ++j) {
            const Cluster b = cluster_at(clusters, j, d);
            double between = 0;
            for (Index l = 0; l < d; ++l) between += (a.centre[l] - b.centre[l]) * (a.centre[l] - b.centre[l]);
            const double weight = a.weight + b.weight;
            if (weight > 0) between *= a.weight * (b.weight / weight);
            const double merged = likelihood(weight, a.squares + b.squares + between);
            const Merge merge{alone[i] + alone[j] - merged, i, j};
            if (merges.size() == most_merges) {
                if (!loses_less(merge, merges.back())) continue;
                merges.pop_back();
            }
            merges.insert(std::upper_bound(merges.begin(), merges.end(), merge, loses_less), merge);
        }
    };
    const double flops = static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(d + 30);
    parallel::parallel_for(n, parallel::team(flops, context.n_threads), context.poll, find);
    std::vector<Merge> result;
    for (const std::vector<Merge>& merges : of_cluster) result.insert(result.end(), merges.begin(), merges.end());
    std::stable_sort(result.begin(), result.end(), loses_less);
    return result;
}

}  // namespace

double log_likelihood(const Sample& sample, const Clusters& clusters) {
    const Likelihood likelihood(sample, clusters);
    double total = 0;
    for (Index k = 0; k < signed_size(clusters.weights); ++k) {
        total += likelihood(cluster_at(clusters, k, sample.n_features));
    }
    return total / sum(clusters.weights);
}

std::vector<double> split_and_merge(const Sample& sample, const Clusters& clusters, const rows::Context& context) {
    const Index d = sample.n_features;
    const Likelihood likelihood(sample, clusters);
    const std::vector<Split> splits = all_splits(sample, clusters, likelihood, context);
    const std::vector<Merge> merges = best_merges(clusters, d, likelihood, context);
    std::vector<std::size_t> promising(splits.size());
    std::iota(promising.begin(), promising.end(), std::size_t{0});
    std::stable_sort(promising.begin(), promising.end(),
                     [&](std::size_t a, std::size_t b) { return splits[a].gain > splits[b].gain; });

    std::vector<double> centres = clusters.centres;
    const auto move = [&](Index k, const std::vector<double>& to) {
        std::copy(to.begin(), to.end(), centres.begin() + k * d);
    };
    std::vector<bool> is_taken(splits.size());
    const auto is_free = [&](Index k) { return !is_taken[k]; };
    bool any = false;
    auto first = merges.begin();
    for (const std::size_t wide : promising) {
        const auto k = static_cast<Index>(wide);
        if (!is_free(k)) continue;
        while (first != merges.end() && !(is_free(first->a) && is_free(first->b))) ++first;
        const auto merge = std::find_if(
            first, merges.end(), [&](const Merge& m) { return m.a != k && m.b != k && is_free(m.a) && is_free(m.b); });
        if (merge == merges.end() || !(merge->loss < splits[wide].gain)) break;
        for (const Index taken : {k, merge->a, merge->b}) is_taken[taken] = true;
        any = true;
        const Cluster a = cluster_at(clusters, merge->a, d), b = cluster_at(clusters, merge->b, d);
        const double share = b.weight > 0 ? b.weight / (a.weight + b.weight) : 0.0;
        for (Index j = 0; j < d; ++j) {
            centres[merge->a * d + j] += share * (b.centre[j] - a.centre[j]);
        }
        move(merge->b, splits[wide].one);
        move(k, splits[wide].other);
    }
    return any ? centres : std::vector<double>{};
}

}  // namespace gaussmix::em
