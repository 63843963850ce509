#include "em/run/iterate.hpp"

#include <utility>

#include "families/family.hpp"

namespace gaussmix::em {
namespace {

ModelWithCovariances present_model(const Run& run) { return {&run.scorer().numbers(), &run.parameters().covariances}; }

}  // namespace

std::unique_ptr<Screening> screening_for(const Run& run, const rows::Data& rows) {
    const Options& options = run.options();
    const bool prunes =
        options.pruning == Pruning::automatic && !families::get(options.covariance_type).scatter.is_pooled();
    const ScorerNumbers& scorer = run.scorer().numbers();
    // Once rows are turned, a distance costs as little as one without correlations.
    const whitening::Form& form = scorer.is_turned() ? whitening::diagonal : whitening::of(scorer);
    return std::make_unique<Screening>(rows.x, scorer.n_components, form, prunes);
}

Moments moments_of(const rows::Data& rows, const Run& run, Screening* screening) {
    const ScorerNumbers& scorer = run.scorer().numbers();
    const scatter::Form& form = families::get(run.parameters().covariance_type).scatter;
    if (screening == nullptr) return pass(rows, under(scorer), scorer.means, form);
    return Passes(rows, scorer.n_components, form)(present_model(run), *screening);
}

Reading::Reading(Passes& passes, const Run& run) : passes_(passes), screening_(screening_for(run, passes.rows())) {}

const Moments& Reading::moments(const Run& run) { return passes_(present_model(run), *screening_); }

LocalRun::LocalRun(Run beginning, Passes& passes) : run(std::move(beginning)), reading(passes, run) {}

void iterate(LocalRun& local, const std::function<bool()>& go_on) {
    Run& run = local.run;
    while (!run.done()) {
        run.advance(local.reading.moments(run));
        local.pairs.push_back(local.reading.pairs());
        if (!go_on()) return;
    }
}

}  // namespace gaussmix::em
