#include "em/select/neighbours.hpp"

#include "em/mstep/estimate.hpp"
#include "em/run/noise.hpp"
#include "em/starts/search/merges.hpp"
#include "em/starts/search/splits.hpp"

namespace gaussmix::em {
namespace {

constexpr double least_responsibility = 1e-4;

Parameters mixture_of(const Parts& parts, const Climber& climber, const Options& options, const Summary& summary) {
    const rows::Context& context = climber.rows().context;
    const Ridge ridge = make_ridge(options, summary);
    std::vector<Event> events;
    Parameters result;
    if (options.noise) result.noise = noise_of(*options.noise, 0);
    update(parts.moments(), options.covariance_type, ridge, options.prior, {}, 0, events, context, result);
    prepare(result, ridge, 0, events, {context.n_threads, context.table.name, context.poll});
    return result;
}

}  // namespace

std::optional<Parameters> with_one_more(Climber& climber, const Model& model, const Options& options,
                                        const Summary& summary) {
    const ScorerNumbers& scorer = model.scorer.numbers();
    Parts parts(climber.moments(model.scorer));
    const Memberships memberships(climber.rows(), scorer, least_responsibility);
    const std::vector<std::optional<Split>> splits =
        find_splits(parts, memberships, climber.rows(), scorer, options, summary, options.seed);
    Index best = -1;
    for (Index k = 0; k < signed_size(splits); ++k) {
        if (splits[k] && (best < 0 || splits[k]->gain > splits[best]->gain)) best = k;
    }
    if (best < 0) return std::nullopt;
    const Index added = parts.append();
    parts.split(best, splits[best]->halves, added);
    return mixture_of(parts, climber, options, summary);
}

std::optional<Parameters> with_one_fewer(Climber& climber, const Model& model, const Options& options,
                                         const Summary& summary) {
    const ScorerNumbers& scorer = model.scorer.numbers();
    Parts parts(climber.moments(model.scorer));
    const Memberships memberships(climber.rows(), scorer, least_responsibility);
    LogDeterminant log_determinant(options, make_ridge(options, summary), climber.rows().context.table);
    const std::vector<Merge> merges = find_merges(parts, memberships, climber.rows(), scorer, log_determinant,
                                                  least_rows(options.covariance_type, scorer.n_features));
    if (merges.empty()) return std::nullopt;
    parts.merge(merges.front().a, merges.front().b);
    std::vector<char> gone(parts.size());
    gone[merges.front().b] = 1;
    parts.remove(gone);
    return mixture_of(parts, climber, options, summary);
}

}  // namespace gaussmix::em
