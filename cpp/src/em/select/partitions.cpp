#include "em/select/partitions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "em/mstep/estimate.hpp"
#include "em/select/hierarchy.hpp"
#include "em/starts/default_prior.hpp"
#include "em/starts/kmeans.hpp"
#include "em/starts/restricted.hpp"
#include "em/starts/search/parts.hpp"
#include "em/starts/seeds.hpp"
#include "estep/distances.hpp"
#include "families/family.hpp"

namespace gaussmix::em {
namespace {

constexpr Index many = 4;           // times as many clusters as wanted are merged
constexpr Index rows_a_part = 3;    // of these
constexpr Index few_rows = 400;     // merged one by one: the time grows with their square
constexpr Index most_turned = 100;  // features: the time to turn them grows with their cube

}  // namespace

CovarianceType free_family(bool whole) {
    const auto is_wanted = [&](const families::Family* family) {
        const whitening::Form& form = family->whitening;
        return family->is_free() && !form.is_shared() && !form.is_uniform() && form.is_separable() != whole;
    };
    const std::vector<const families::Family*>& all = families::all();
    return (*std::find_if(all.begin(), all.end(), is_wanted))->covariance;
}

Partitions::Partitions(const rows::Data& rows, const Summary& summary, Index most_components, bool whole,
                       std::uint64_t seed)
    : rows_(rows), summary_(summary), seed_(seed), family_(free_family(whole)), ridge_(make_ridge({}, summary)) {
    const Index size = rows_for_clusters(most_components);
    Sampler sampler(rows, summary, std::max(2 * size, rows.x.n_features + 1));
    n_distinct_ = sampler.n_distinct();
    random::Generator generator(seed, 0);
    sample_ = sampler.draw(size, generator);
    if (whole) whiten();
    merge_down(most_components, generator);
    merge_one_by_one(most_components, whole);
}

Parameters Partitions::mixture_of(const Moments& moments, const rows::Context& context) const {
    std::vector<Event> events;
    Parameters result;
    update(moments, family_, ridge_, {}, {}, 0, events, context, result);
    // A component that no ridge keeps open, as in a constant feature, is mended.
    prepare(result, ridge_, 0, events, {context.n_threads, context.table.name, context.poll});
    return result;
}

Parameters Partitions::nearest(const ScorerNumbers& centres, const rows::Data& rows) const {
    const Source source{Source::Model{&centres, estep::Finish::assignments}, centres.n_components};
    return mixture_of(pass(rows, source, centres.means, families::get(family_).scatter), rows.context);
}

void Partitions::whiten() {
    const Execution execution{rows_.context.n_threads, rows_.context.table.name, rows_.context.poll};
    together_ = nearest(estep::distance_scorer(summary_.means, 1, summary_), rows_);
    std::vector<Event> events;
    const Scorer scorer = prepare(together_, ridge_, 0, events, execution);
    const ScorerNumbers& numbers = scorer.numbers();
    const Index d = sample_.n_features;
    whitened_ = sample_;
    std::vector<double> step(d);
    for (Index i = 0; i < sample_.n_rows(); ++i) {
        for (Index j = 0; j < d; ++j) step[j] = sample_.row(i)[j] - summary_.means[j];
        double* out = whitened_.values.data() + i * d;
        whitening::of(numbers).apply(whitening::factor_of(numbers, 0), d, step.data(), out);
    }
    const rows::Data rows = whitened_.rows(rows_.context);
    of_whitened_ = summarize(rows.x, rows.weights, execution);
}

/// Returns a scorer for which the nearest centre of a row is the one nearest to the whitened row: x = mean + R^T z.
ScorerNumbers Partitions::unwhitened(const std::vector<double>& centres, Index k) const {
    const families::Family& family = families::get(family_);
    const Index d = sample_.n_features;
    std::vector<double> root(family.whitening.root_size(d));
    family.root(together_, 0, rows_.context.table, root.data());
    Parameters around = together_;
    around.n_components = k;
    around.weights.assign(k, 1 / static_cast<double>(k));
    around.means.clear();
    around.covariances.clear();
    for (Index c = 0; c < k; ++c) {
        const std::vector<double>& covariance = together_.covariances;
        around.covariances.insert(around.covariances.end(), covariance.begin(), covariance.end());
        std::vector<double> mean = summary_.means;
        const double* upper = root.data();  // row by row
        for (Index i = 0; i < d; ++i) {
            for (Index j = i; j < d; ++j) mean[j] += *upper++ * centres[c * d + i];
        }
        around.means.insert(around.means.end(), mean.begin(), mean.end());
    }
    std::vector<Event> events;
    return prepare(around, ridge_, 0, events, {1, rows_.context.table.name, {}}).numbers();
}

/// Clusters the rows finely, then merges. A prior keeps the covariances of a few rows from being singular.
void Partitions::merge_down(Index most_components, random::Generator& generator) {
    const bool whole = whitened_.n_rows() > 0;
    const Index n = std::min(many * most_components, sample_.n_rows() / rows_a_part);
    if (n < 2) return;
    const std::vector<double> centres = kmeans(whole ? whitened_ : sample_, n, whole ? of_whitened_ : summary_,
                                               Clustering::rough, true, generator, rows_.context);
    const ScorerNumbers around = whole ? unwhitened(centres, n) : estep::distance_scorer(centres, n, summary_);
    Parts parts(pass(rows_, {Source::Model{&around, estep::Finish::assignments}, n}, around.means,
                     families::get(family_).scatter));
    Options options;
    options.covariance_type = family_;
    options.n_components = n;
    options.prior = complete(Prior{}, options, summary_, rows_);
    LogDeterminant log_determinant(options, ridge_, rows_.context.table);
    const auto cost = [&](const Part& part) {
        return part.weight > 0 ? part.weight * (log_determinant(part) - 2 * std::log(part.weight)) : 0.0;
    };
    std::vector<double> costs;
    for (Index k = 0; k < n; ++k) costs.push_back(cost(parts[k]));
    std::vector<double> losses(n * n, std::numeric_limits<double>::infinity());
    const auto weigh = [&](Index a, Index b) {
        losses[a * n + b] = cost(parts.merged(parts[a], parts[b])) - costs[a] - costs[b];
    };
    for (Index a = 0; a < n; ++a) {
        for (Index b = a + 1; b < n; ++b) weigh(a, b);
    }
    std::vector<char> gone(n);
    merged_.resize(most_components + 1);
    for (Index left = n; left > 1; --left) {
        if (left <= most_components) {
            Parts kept = parts;
            kept.remove(gone);
            merged_[left] = mixture_of(kept.moments(), rows_.context);
        }
        const Index at = std::min_element(losses.begin(), losses.end()) - losses.begin();
        const Index a = at / n;
        const Index b = at % n;
        parts.merge(a, b);
        gone[b] = 1;
        costs[a] = cost(parts[a]);
        for (Index k = 0; k < n; ++k) {
            losses[std::min(k, b) * n + std::max(k, b)] = std::numeric_limits<double>::infinity();
            if (gone[k] == 0 && k != a) weigh(std::min(k, a), std::max(k, a));
        }
    }
}

void Partitions::merge_one_by_one(Index most_components, bool whole) {
    const Index d = sample_.n_features;
    const Sample few = sample_.thinned(few_rows);
    const rows::Data rows = few.rows(rows_.context);
    const Hierarchy labels = merge_rows(few, most_components, whole && d <= most_turned);
    grown_.resize(labels.size());
    for (Index k = 2; k < signed_size(labels); ++k) {
        if (labels[k].empty()) continue;
        std::vector<double> means(k * d);
        std::vector<double> weights(k);
        for (Index i = 0; i < few.n_rows(); ++i) weights[labels[k][i]] += few.weights[i];
        for (Index i = 0; i < few.n_rows(); ++i) {
            const Index cluster = labels[k][i];
            for (Index j = 0; j < d; ++j) means[cluster * d + j] += few.weights[i] / weights[cluster] * few.row(i)[j];
        }
        grown_[k] = mixture_of(pass(rows, {Labels(labels[k]), k}, means, families::get(family_).scatter), rows.context);
    }
}

Parameters Partitions::restricted(const rows::Data& rows, Index k) const {
    random::Generator generator(seed_, static_cast<std::uint64_t>(k));
    const Execution execution{1, rows.context.table.name, parallel::nested_poll()};
    const rows::Context context(execution);
    const rows::Data own{rows.x, rows.weights, context, nullptr, rows.allowed};
    const std::vector<double> centres = restricted_centres(own, k, summary_, generator);
    return nearest(estep::distance_scorer(centres, k, summary_), own);
}

std::vector<Parameters> Partitions::into(Index k, Index n) const {
    const Execution execution{1, rows_.context.table.name, parallel::nested_poll()};
    const rows::Context context(execution);
    const rows::Data rows{rows_.x, rows_.weights, context};
    random::Generator generator(seed_, static_cast<std::uint64_t>(k));
    const auto clusters = [&](const Sample& sample, const Summary& summary) {
        return kmeans(sample, k, summary, Clustering::thorough, true, generator, context);
    };
    const auto near = [&](const std::vector<double>& centres) {
        return nearest(estep::distance_scorer(centres, k, summary_), rows);
    };
    const auto has = [&](const std::vector<Parameters>& of) { return k < signed_size(of) && of[k].n_components == k; };
    std::vector<Parameters> result;
    if (has(grown_)) result.push_back(grown_[k]);
    if (n > signed_size(result)) result.push_back(near(clusters(sample_, summary_)));
    if (k == 1 || n == 1) return result;
    if (whitened_.n_rows() > 0) result.push_back(nearest(unwhitened(clusters(whitened_, of_whitened_), k), rows));
    if (has(merged_)) result.push_back(merged_[k]);
    while (signed_size(result) < n)
        result.push_back(near(seed_plusplus(sample_.rows(context), k, summary_, generator)));
    return result;
}

}  // namespace gaussmix::em
