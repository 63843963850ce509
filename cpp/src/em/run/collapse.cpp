#include "em/run/collapse.hpp"

#include <algorithm>

#include "em/mstep/unseen.hpp"
#include "families/family.hpp"
#include "families/prepare.hpp"
#include "parallel/parallel.hpp"

namespace gaussmix::em {
namespace {

/// Returns the number of distinct rows that a covariance needs.
Index rows_needed(const families::Family& family, Index n_features) {
    return family.whitening.is_separable() ? 2 : n_features + 1;
}

/// Returns whether component k owns no more rows than a covariance needs, but for rounding.
bool has_few_rows(const Parameters& parameters, Index k, Index n_rows) {
    const families::Family& family = families::get(parameters.covariance_type);
    if (family.whitening.is_shared()) return false;
    constexpr double rounding = 0.5;
    const double rows = parameters.weights[k] * static_cast<double>(n_rows);
    return rows < static_cast<double>(rows_needed(family, parameters.n_features)) + rounding;
}

/// A component has collapsed if its rows, in some direction, have less than this share of the variance of all rows:
/// more than any jitter gives it, and little enough for clusters that are thousands of their deviations apart. What few
/// rows have, which any rows that happen to lie near each other may, must be more than the usual ridge.
double least_share(Index n_features, bool few) {
    constexpr double usual = 1e-9;
    constexpr double of_few = 1e-6;
    constexpr double jitters = 100;
    return std::max(few ? of_few : usual,
                    jitters * static_cast<double>(n_features) * families::least_sure_eigenvalue(n_features));
}

/// Returns the covariance of all rows in the family's form, raised by the ridge: that within components plus that
/// between them.
Parameters whole(const Parameters& parameters) {
    const families::Family& family = families::get(parameters.covariance_type);
    const Index d = parameters.n_features;
    Parameters result = families::component(parameters, 0);
    std::vector<double>& covariance = result.covariances;
    const double share = families::share_of_components(parameters);
    const bool shared = family.whitening.is_shared();
    if (!shared) std::fill(covariance.begin(), covariance.end(), 0.0);
    std::fill(result.means.begin(), result.means.end(), 0.0);
    for (Index k = 0; k < parameters.n_components; ++k) {
        const double weight = parameters.weights[k] / share;
        for (Index j = 0; j < d; ++j) {
            result.means[j] += weight * parameters.means[k * d + j];
        }
    }
    std::vector<double> gap(d);
    parallel::Pace pace;
    for (Index k = 0; k < parameters.n_components; ++k) {
        const double weight = parameters.weights[k] / share;
        if (weight == 0) continue;
        for (Index j = 0; j < d; ++j) {
            gap[j] = parameters.means[k * d + j] - result.means[j];
        }
        const Index size = signed_size(covariance);
        pace.spend(size);
        const double* own = parameters.covariances.data() + k * size;
        for (Index at = 0; at < size && !shared; ++at) covariance[at] += weight * own[at];
        family.add_outer(covariance.data(), weight, gap);
    }
    return result;
}

/// Returns what is left of covariance k without the ridge, without the spread of missing values, and without what
/// rounding may have added.
Parameters own(const Parameters& parameters, Index k, const Ridge& ridge, const std::vector<double>& unseen) {
    const families::Family& family = families::get(parameters.covariance_type);
    Parameters result = families::component(parameters, k);
    std::vector<double> variances;
    for (Index j = 0; j < parameters.n_features; ++j) variances.push_back(family.variance(result, 0, j));
    // Of a direction in which all is missing a little is left: nothing is known there.
    constexpr double nearly_all = 1 - 1e-7;
    subtract_unseen(unseen, k, nearly_all, result);
    family.lift(result, 0, -1, ridge.added);
    family.lift(result, 0, families::least_sure_eigenvalue(parameters.n_features), variances);
    return result;
}

}  // namespace

std::vector<Index> collapsed(const Parameters& parameters, const Ridge& ridge, const std::vector<Event>& events,
                             Index n_rows, Index n_distinct, const std::vector<double>& unseen,
                             const kernels::Table& table) {
    const families::Family& family = families::get(parameters.covariance_type);
    const Index d = parameters.n_features;
    // Too few rows have no spread in some direction as a whole, either; single features have.
    const bool few = n_distinct < rows_needed(family, d);
    std::vector<Index> found;
    Parameters all;  // made where it is needed
    std::vector<double> root(family.whitening.root_size(d));
    for (Index k = 0; k < families::n_covariances(family, parameters.n_components); ++k) {
        // Events remain: a component that has collapsed has one of these.
        const bool mended = std::any_of(events.begin(), events.end(), [k](const Event& event) {
            return event.component == k && (event.act == Act::jitter || event.act == Act::floor);
        });
        const bool counts = family.whitening.is_shared() || parameters.weights[k] > 0;
        if (!mended || !counts) continue;
        const double share = least_share(d, has_few_rows(parameters, k, n_rows));
        Parameters left = own(parameters, k, ridge, unseen);
        if (few) {
            family.lift(left, 0, -share, ridge.rescue);
        } else {
            if (all.covariances.empty()) all = whole(parameters);
            for (std::size_t at = 0; at < left.covariances.size(); ++at) {
                left.covariances[at] -= share * all.covariances[at];
            }
            family.lift(left, 0, share, ridge.added);
        }
        if (!family.root(left, 0, table, root.data())) found.push_back(k);
    }
    return found;
}

}  // namespace gaussmix::em
