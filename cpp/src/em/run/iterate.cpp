#include "em/run/iterate.hpp"

#include <utility>

namespace gaussmix::em {
namespace {

bool prunes(const Options& options) {
    return options.pruning == Pruning::automatic && scatter_for(options.family) != Scatter::pooled;
}

}  // namespace

Ascent::Ascent(Run beginning, const Passes& pass, const Options& options)
    : run(std::move(beginning)),
      screening(pass.rows().x, options.n_components, run.scorer().whitening, prunes(options)) {}

void iterate(Ascent& ascent, Passes& pass, const std::function<bool()>& go_on) {
    Run& run = ascent.run;
    while (!run.done()) {
        const Placed model{&run.scorer(), &run.parameters().covariances};
        run.advance(pass(model, ascent.screening));
        ascent.pairs.push_back(ascent.screening.share());
        if (!go_on()) return;
    }
}

}  // namespace gaussmix::em
