#include "em/run/iterate.hpp"

#include <utility>

#include "families/family.hpp"

namespace gaussmix::em {

Placed model_of(const Run& run) { return {&run.scorer().numbers(), &run.parameters().covariances}; }

std::unique_ptr<Screening> screening_for(const Run& run, const rows::Data& rows) {
    const Options& options = run.options();
    const bool prunes =
        options.pruning == Pruning::automatic && !families::get(options.covariance_type).scatter.is_pooled();
    return std::make_unique<Screening>(rows.x, run.scorer().n_components(), whitening::of(run.scorer().numbers()),
                                       prunes);
}

Moments pass(const rows::Data& rows, const Run& run, Screening* screening) {
    const ScorerNumbers& scorer = run.scorer().numbers();
    const scatter::Form& form = families::get(run.parameters().covariance_type).scatter;
    if (screening == nullptr) {
        const Source source{Source::Model{&scorer, estep::Finish::responsibilities}, scorer.n_components};
        return pass(rows, source, scorer.means, form);
    }
    return Passes(rows, scorer.n_components, form)(model_of(run), *screening);
}

Ascent::Ascent(Run beginning, Passes& pass_)
    : run(std::move(beginning)), pass(pass_), screening(screening_for(run, pass.rows())) {}

void iterate(Ascent& ascent, const std::function<bool()>& go_on) {
    Run& run = ascent.run;
    while (!run.done()) {
        run.advance(ascent.pass(model_of(run), *ascent.screening));
        ascent.pairs.push_back(ascent.screening->share());
        if (!go_on()) return;
    }
}

}  // namespace gaussmix::em
