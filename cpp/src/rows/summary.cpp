/// The first reading of the data: checks that they are finite, and computes the location and spread of each feature.
#include "rows/summary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "gaussmix/fit.hpp"
#include "parallel/tree.hpp"
#include "rows/context.hpp"
#include "rows/finite.hpp"
#include "rows/patterns.hpp"
#include "rows/tile.hpp"
#include "text/format.hpp"
#include "text/invalid.hpp"

namespace gaussmix {
namespace {

/// The weight, means, centred squares and limits of some rows, for each feature of those that have it.
struct Spread {
    double weight = 0;
    std::vector<double> seen;  ///< the weight of the rows that have the feature
    std::vector<double> mean;
    std::vector<double> square;
    std::vector<double> least;
    std::vector<double> largest;
};

/// Adds b to a (Chan, Golub and LeVeque 1983, eq. 2.1).
void fold(Spread& a, const Spread& b) {
    const double total = a.weight + b.weight;
    if (b.weight == 0) return;
    if (a.weight == 0) {
        a = b;
        return;
    }
    a.weight = total;
    for (std::size_t j = 0; j < a.mean.size(); ++j) {
        if (b.seen[j] == 0) continue;
        const double seen = a.seen[j] + b.seen[j];
        const double delta = a.seen[j] == 0 ? 0 : b.mean[j] - a.mean[j];
        if (a.seen[j] == 0) a.mean[j] = b.mean[j];
        a.mean[j] += delta * (b.seen[j] / seen);
        a.square[j] += b.square[j] + delta * delta * (a.seen[j] * (b.seen[j] / seen));
        a.least[j] = std::min(a.least[j], b.least[j]);
        a.largest[j] = std::max(a.largest[j], b.largest[j]);
        a.seen[j] = seen;
    }
}

Spread spread_of(const kernels::Tile<double>& tile, Index n, const double* weights, const kernels::Table& table) {
    const kernels::Kernels<double>& kernels = table.kernels<double>();
    const Index d = tile.n_features;
    const std::vector<double> zeros(d);
    Spread result{0, zeros, zeros, zeros, zeros, zeros};
    // No mean can lie far from the row of the largest weight, but it may lie far from a row of tiny weight.
    const Index heaviest = std::max_element(weights, weights + n) - weights;
    std::vector<double> first(d);
    for (Index j = 0; j < d; ++j) {
        const double* x = tile.columns + j * tile.stride;
        result.mean[j] = x[heaviest];
        table.extremes(x, tile.n_rows, &result.least[j], &result.largest[j]);
    }
    kernels.first_moment(tile, {}, {result.mean.data(), nullptr}, weights, &result.weight, first.data());
    for (Index j = 0; j < d; ++j) result.mean[j] += first[j] / result.weight;
    double weight = 0;
    kernels.scatter_diagonal(tile, {}, {result.mean.data(), nullptr}, weights, &weight, first.data(),
                             result.square.data());
    std::fill(result.seen.begin(), result.seen.end(), result.weight);
    return result;
}

/// Returns the spread of no rows, whose limits any other limits replace.
Spread nothing(Index n_features) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const std::vector<double> zeros(n_features);
    return {
        0, zeros, zeros, zeros, std::vector<double>(n_features, infinity), std::vector<double>(n_features, -infinity)};
}

/// Returns the spread of a tile's rows, of which some lack features.
Spread spread_with_holes(const kernels::Tile<double>& tile, Index n, const double* weights) {
    Spread result = nothing(tile.n_features);
    for (Index i = 0; i < n; ++i) result.weight += weights[i];
    std::vector<double> values(n), own(n);  // of the rows that have a feature
    for (Index j = 0; j < tile.n_features; ++j) {
        const double* x = tile.columns + j * tile.stride;
        Index n_seen = 0;
        for (Index i = 0; i < n; ++i) {  // without a branch, which could not be predicted
            values[n_seen] = x[i];
            own[n_seen] = weights[i];
            n_seen += static_cast<Index>(weights[i] > 0) & static_cast<Index>(!std::isnan(x[i]));
        }
        if (n_seen == 0) continue;
        const double start = values[std::max_element(own.begin(), own.begin() + n_seen) - own.begin()];
        double first = 0;
        for (Index i = 0; i < n_seen; ++i) {
            result.seen[j] += own[i];
            result.least[j] = std::min(result.least[j], values[i]);
            result.largest[j] = std::max(result.largest[j], values[i]);
            first += own[i] * (values[i] - start);
        }
        result.mean[j] = start + first / result.seen[j];
        for (Index i = 0; i < n_seen; ++i) {
            const double gap = values[i] - result.mean[j];
            result.square[j] += own[i] * gap * gap;
        }
    }
    return result;
}

/// Returns the weight of the rows that have both of two features, a packed triangle.
std::vector<double> together(const rows::Patterns& patterns, WeightsView weights, Index n_rows) {
    std::vector<double> result(kernels::packed_size(patterns.n_features()));
    patterns.for_each_part(0, n_rows, [&](Index pattern, Index begin, Index end) {
        double weight = 0;
        for (Index at = begin; at < end; ++at) weight += weights ? weights.data[patterns.row(at)] : 1;
        const std::vector<Index> features = patterns.features(pattern);
        for (const Index i : features) {
            for (const Index j : features) {
                if (j <= i) result[kernels::packed_index(i, j)] += weight;
            }
        }
    });
    return result;
}

Summary summary_of(Spread total, Index n_rows) {
    Summary summary;
    summary.n_rows = n_rows;
    summary.total_weight = total.weight;
    summary.means = std::move(total.mean);
    summary.variances = std::move(total.square);
    for (std::size_t j = 0; j < total.seen.size(); ++j) {
        if (total.seen[j] > 0) summary.variances[j] /= total.seen[j];
    }
    summary.minima = std::move(total.least);
    summary.maxima = std::move(total.largest);
    return summary;
}

/// Returns the weight of the rows that have a feature.
double seen(const Summary& summary, std::size_t feature) {
    const auto j = static_cast<Index>(feature);
    return summary.together.empty() ? summary.total_weight : summary.together[kernels::packed_index(j, j)];
}

/// Returns whether this is `Summary{}`: no rows of any number of features.
bool is_default(const Summary& summary) {
    return summary.n_rows == 0 && summary.total_weight == 0 && summary.means.empty() && summary.variances.empty() &&
           summary.minima.empty() && summary.maxima.empty() && summary.exponents.empty() && summary.together.empty();
}

}  // namespace

void rows::check(const Summary& summary) {
    check_piece(summary);
    if (summary.total_weight > 0) return;
    text::invalid(summary.n_rows < 1 ? "the summary has no rows: merge those of all pieces"
                                     : "the summary has no rows of positive weight: give some row a weight");
}

void rows::check_piece(const Summary& summary) {
    const auto refuse = [](const std::string& why) {
        text::invalid("the summary {}: make one with `summarize`, and leave it as it is", why);
    };
    if (is_default(summary)) return;
    const std::size_t d = summary.means.size();
    if (d < 1 || summary.variances.size() != d || summary.minima.size() != d || summary.maxima.size() != d ||
        (!summary.exponents.empty() && summary.exponents.size() != d)) {
        refuse("has not one mean, variance, minimum and maximum for each feature");
    }
    if (summary.n_rows < 0) refuse(text::format("has {} rows", summary.n_rows));
    if (!(summary.total_weight >= 0) || !std::isfinite(summary.total_weight)) {
        refuse(text::format("has the total weight {}, which is negative or not finite", summary.total_weight));
    }
    if (summary.n_rows == 0 && summary.total_weight > 0) refuse("has a total weight, but no rows");
    if (has_holes(summary)) {
        if (signed_size(summary.together) != kernels::packed_size(static_cast<Index>(d))) {
            refuse("has not one weight for each two features");
        }
        for (const double weight : summary.together) {
            if (!(weight >= 0) || !std::isfinite(weight)) refuse("has a weight that is negative or not finite");
        }
    }
    for (std::size_t j = 0; j < d; ++j) {
        const std::string of_feature = text::format(" of feature {}", j);
        if (seen(summary, j) == 0) {
            if (summary.minima[j] < summary.maxima[j]) refuse(text::format("has limits{}, but no weight", of_feature));
            continue;
        }
        const double half = summary.maxima[j] / 2 - summary.minima[j] / 2;
        if (!(half >= 0) || !std::isfinite(half))
            refuse(text::format("has no finite minimum and maximum{}", of_feature));
        if (!std::isfinite(summary.means[j])) refuse(text::format("has no finite mean{}", of_feature));
        const bool has_squares = std::isfinite(4 * half * half * summary.total_weight);
        if (summary.variances[j] < 0 || (has_squares && !std::isfinite(summary.variances[j]))) {
            refuse(text::format("has a variance{} that is negative or not finite", of_feature));
        }
    }
}

Summary merge(const Summary& a, const Summary& b) {
    rows::check_piece(a);
    rows::check_piece(b);
    if (is_default(a)) return b;
    if (is_default(b)) return a;
    if (a.means.size() != b.means.size() || a.exponents != b.exponents) {
        text::invalid("summaries of {} and {} features, or in other units, cannot be merged", a.means.size(),
                      b.means.size());
    }
    const auto spread = [](const Summary& summary) {
        Spread result{summary.total_weight, {}, summary.means, summary.variances, summary.minima, summary.maxima};
        for (std::size_t j = 0; j < result.square.size(); ++j) {
            result.seen.push_back(seen(summary, j));
            result.square[j] *= result.seen[j];
        }
        return result;
    };
    Spread total = spread(a);
    fold(total, spread(b));
    Summary merged = summary_of(std::move(total), a.n_rows + b.n_rows);
    merged.exponents = a.exponents;
    if (a.together.empty() && b.together.empty()) return merged;
    const auto weight = [](const Summary& summary, std::size_t pair) {
        return summary.together.empty() ? summary.total_weight : summary.together[pair];
    };
    merged.together.resize(kernels::packed_size(signed_size(a.means)));
    for (std::size_t i = 0; i < merged.together.size(); ++i) merged.together[i] = weight(a, i) + weight(b, i);
    return merged;
}

Summary summarize(const MatrixView& x, WeightsView sample_weight, const Execution& execution) {
    rows::check_piece(x, sample_weight);
    const rows::Context context(execution);
    std::optional<rows::Patterns> patterns;  // only where values are missing
    if (x.missing == Missing::em) patterns.emplace(x, context);
    if (patterns && patterns->complete()) patterns.reset();
    const rows::Plan plan =
        rows::cut(x.n_rows, x.n_features, {8.0 * static_cast<double>(x.n_features), false}, sizeof(double));

    parallel::MergeTree<Spread> tree(plan.n_chunks, fold);
    std::vector<rows::TileBuffer<double>> buffers(context.n_threads);
    rows::FiniteCheck finite;
    parallel::parallel_for(
        plan.n_chunks, context.n_threads, context.poll, [&](Index chunk, const parallel::Worker& worker) {
            rows::TileBuffer<double>& buffer = buffers[worker.id()];
            if (buffer.stride() == 0) buffer = rows::TileBuffer<double>(plan.tile_rows, x.n_features, context.table);
            Spread spread;
            rows::for_each_tile(plan, chunk, [&](Index first, Index n) {
                buffer.load(x, sample_weight, first, n);
                if (patterns) {
                    fold(spread, spread_with_holes(buffer.tile(), n, buffer.weights()));
                    return;
                }
                if (!finite.inspect(buffer.tile(), first, n, context.table) || !buffer.replace_zero_weight_rows())
                    return;
                fold(spread, spread_of(buffer.tile(), n, buffer.weights(), context.table));
            });
            tree.put(chunk, std::move(spread));
        });
    finite.finish();

    const bool counts = tree.root().weight > 0;
    Summary summary = summary_of(counts ? std::move(tree.root()) : nothing(x.n_features), x.n_rows);
    if (patterns) summary.together = together(*patterns, sample_weight, x.n_rows);
    return summary;
}

}  // namespace gaussmix
