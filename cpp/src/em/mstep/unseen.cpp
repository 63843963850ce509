#include "em/mstep/unseen.hpp"

#include <algorithm>

#include "families/family.hpp"

namespace gaussmix::em {

std::vector<double> unseen_part(const Moments& moments, const std::vector<double>& divisors,
                                const Parameters& parameters, const Ridge& ridge, const rows::Context& context) {
    if (moments.spread.empty() || divisors.empty()) return {};  // in variational Bayes, priors keep components open
    const families::Family& family = families::get(parameters.covariance_type);
    const Index d = parameters.n_features;
    Moments of_missing = moments;
    of_missing.scatter = moments.spread;
    const std::vector<double> nothing(d);
    families::MStep step;
    step.moments = &of_missing;
    for (const double divisor : divisors) step.divisors.push_back(divisor * moments.total_weight);
    for (Index k = 0; k < moments.n_components; ++k) step.counts.push_back(parameters.weights[k] > 0 ? 1 : 0);
    step.shift.resize(parameters.means.size());
    step.ridge = &nothing;
    Parameters part = parameters;
    std::fill(part.covariances.begin(), part.covariances.end(), 0.0);
    family.update(step, context, part);
    if (family.is_free()) return std::move(part.covariances);

    constexpr double most = 0.999;
    Parameters kept_open = parameters;
    std::fill(kept_open.covariances.begin(), kept_open.covariances.end(), 0.0);
    std::vector<double> amounts(d);
    for (Index k = 0; k < moments.n_components; ++k) {
        for (Index j = 0; j < d; ++j) {
            const double variance = family.variance(parameters, k, j);
            const double share = variance > 0 ? std::min(family.variance(part, k, j) / variance, most) : 0;
            amounts[j] = ridge.added[j] * (share / (1 - share));
        }
        family.lift(kept_open, k, 1, amounts);
    }
    return std::move(kept_open.covariances);
}

void subtract_unseen(const std::vector<double>& unseen, Index k, double share, Parameters& component) {
    if (unseen.empty()) return;
    std::vector<double>& covariance = component.covariances;
    const std::size_t first = unseen.size() == covariance.size() ? 0 : k * covariance.size();
    for (std::size_t at = 0; at < covariance.size(); ++at) covariance[at] -= share * unseen[first + at];
}

}  // namespace gaussmix::em
