#include "em/pass/centre.hpp"

#include <algorithm>
#include <cmath>

#include "families/prepare.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::em {
namespace {

/// Returns the largest safe distance, in standard deviations, whose square is the precision that a variance may lose:
/// of a whitened mean if one scatter is pooled, otherwise of each feature.
double safe_distance(const scatter::Form& scatter, bool narrow) { return !scatter.is_pooled() ? 8 : narrow ? 3 : 16; }

/// Returns the largest distance, over the features, between the mean of component k and the point, for a whitening
/// without correlations.
double distance(const ScorerNumbers& scorer, Index k, const std::vector<double>& point) {
    const Index d = scorer.n_features;
    const whitening::Form& form = whitening::of(scorer);
    const double* factor = whitening::factor_of(scorer, k);
    double result = 0;
    for (Index j = 0; j < d; ++j) {
        const double scale = factor[form.diagonal_at(j)];
        result = std::max(result, std::abs(scorer.means[k * d + j] - point[j]) * scale);
    }
    return result;
}

}  // namespace

whitening::Neighbourhood neighbourhood(const Source& source, const scatter::Form& scatter, bool narrow) {
    const auto* model = std::get_if<Source::Model>(&source.from);
    if (model == nullptr) return {};
    const ScorerNumbers& scorer = *model->scorer;
    const double safe = safe_distance(scatter, narrow);
    if (scatter.is_pooled() && whitening::of(scorer).is_shared()) {
        // The scatter about one point is that of all rows, a background's among them.
        if (!scorer.has_background() && whitening::farthest_mean(scorer) <= safe) return {scorer.centre, {}};
        return {};
    }
    if (!scatter.is_separable() || !whitening::of(scorer).is_separable() || scorer.weights.empty()) return {};
    whitening::Neighbourhood result{whitening::centre_of(scorer), {}};
    for (Index k = 0; k < scorer.n_components; ++k) {
        result.near.push_back(distance(scorer, k, result.centre) <= safe ? 1 : 0);
    }
    if (std::count(result.near.begin(), result.near.end(), 1) < tuning::least_near) return {};
    return result;
}

}  // namespace gaussmix::em
