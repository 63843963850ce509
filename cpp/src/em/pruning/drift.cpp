#include "em/pruning/drift.hpp"

#include <cmath>

#include "parallel/team.hpp"
#include "whitening/whitening.hpp"

namespace gaussmix::em {
namespace {

/// Returns || L'^-1 (mu' - mu) ||.
double shift(const ScorerNumbers& before, const ScorerNumbers& after, Index k) {
    const Index d = after.n_features;
    std::vector<double> moved(d);
    for (Index j = 0; j < d; ++j) moved[j] = after.means[k * d + j] - before.means[k * d + j];
    return std::sqrt(whitening::squared_length(after, k, moved.data()));
}

}  // namespace

std::vector<Drift> drift(const ModelWithCovariances& before, const ModelWithCovariances& after,
                         std::vector<double>& gaps, const rows::Context& context) {
    const ScorerNumbers& scorer = *after.scorer;
    const whitening::Form& form = whitening::of(scorer);
    const Index d = scorer.n_features;
    std::vector<Drift> result(scorer.n_components);
    const auto find = [&](Index k, const parallel::Worker&) {
        Drift& own = result[k];
        const whitening::Search search{gaps.empty() ? nullptr : &gaps[k], context.table};
        own.scale = form.kept_scale({before.scorer->factors, before.covariances}, {scorer.factors, after.covariances},
                                    k, d, search);
        own.shift = shift(*before.scorer, scorer, k);
        if (!std::isfinite(own.shift)) own = {};
    };
    const double flops = static_cast<double>(scorer.n_components) * static_cast<double>(d * d) * static_cast<double>(d);
    parallel::parallel_for(scorer.n_components, parallel::team(flops, context.n_threads), context.poll, find);
    return result;
}

}  // namespace gaussmix::em
