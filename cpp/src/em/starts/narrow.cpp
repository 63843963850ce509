#include "em/starts/narrow.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "estep/distances.hpp"
#include "families/family.hpp"

namespace gaussmix::em {
namespace {

constexpr double narrow_share = 1e-3;    // of a variance; the ridge is a thousandth of that
constexpr Index least_distinct = 10;     // values, and twice as many as a full covariance needs
constexpr double resolved = 1e4;         // times the rounding of the values: smaller variation may be due to rounding
constexpr double quartiles = 1.3489795;  // of a Gaussian: the distance between them, in standard deviations

/// A component and a feature in which it is narrow.
struct Place {
    Index component;
    Index feature;
};

std::vector<Place> narrow_places(const Summary& summary, const Run& run) {
    const Parameters& parameters = run.parameters();
    const families::Family& family = families::get(parameters.covariance_type);
    const std::vector<double> ridge = make_ridge(run.options(), summary).added;
    std::vector<Place> places;
    for (Index k = 0; k < parameters.n_components; ++k) {
        if (parameters.weights[k] == 0) continue;
        for (Index j = 0; j < parameters.n_features; ++j) {
            const double own = family.variance(parameters, k, j) - ridge[j];
            if (own < narrow_share * summary.variances[j]) places.push_back({k, j});
        }
    }
    return places;
}

/// Returns the rows that each component has the largest part of.
std::vector<std::vector<Index>> rows_won(const rows::Data& rows, const ScorerNumbers& scorer) {
    std::vector<Index> owners(rows.x.n_rows, scorer.n_components);
    estep::for_each_nearest(rows, scorer, [&](const estep::Tile<double>& tile) {
        for (Index i = 0; i < tile.n(); ++i) owners[tile.row(i)] = tile.owner(i);
    });
    std::vector<std::vector<Index>> won(scorer.n_terms() + 1);  // and those of no component
    for (Index row = 0; row < rows.x.n_rows; ++row) won[owners[row]].push_back(row);
    return won;
}

/// Returns the variance of the distinct values, by their quartiles, so that a quarter of them may be strays on either
/// side; infinite if they are too few or too close to tell.
double variance_of_distinct(std::vector<double> values, Index least) {
    constexpr double unknown = std::numeric_limits<double>::infinity();
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (signed_size(values) < least) return unknown;
    const std::size_t quarter = values.size() / 4;
    const double width = values[values.size() - 1 - quarter] - values[quarter];
    const double largest = std::max(std::abs(values.front()), std::abs(values.back()));
    if (!(width > resolved * std::numeric_limits<double>::epsilon() * largest)) return unknown;
    return (width / quartiles) * (width / quartiles);
}

}  // namespace

std::optional<Summary> narrowed(const Summary& summary, const Run& run, const Look& look, const Execution& execution) {
    const Options& options = run.options();
    if (options.reg_covar || options.prior) return std::nullopt;
    const std::vector<Place> places = narrow_places(summary, run);
    if (places.empty()) return std::nullopt;
    const Sample& sample = look();
    // This is not the run's scorer, from which the ridge is subtracted: under that, narrow components would win no
    // rows.
    const Scorer scorer = prepare(run.parameters(), execution);
    const std::vector<std::vector<Index>> won = rows_won(sample.rows(rows::Context(execution)), scorer.numbers());
    const Index least = std::max(least_distinct, 2 * (sample.n_features + 1));
    Summary result = summary;
    bool lower = false;
    std::vector<double> values;
    for (const Place& place : places) {
        values.clear();
        for (const Index row : won[place.component]) values.push_back(sample.row(row)[place.feature]);
        const double variance = variance_of_distinct(values, least);
        double& unit = result.variances[place.feature];
        if (!(variance < unit) || !(variance < narrow_share * summary.variances[place.feature])) continue;
        unit = variance;
        lower = true;
    }
    if (!lower) return std::nullopt;
    return result;
}

}  // namespace gaussmix::em
