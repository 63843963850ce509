#include "em/iterate.hpp"

namespace gaussmix::em {

std::vector<PairShare> iterate(Run& run, Passes& pass, const Options& options, const std::function<bool()>& go_on) {
    const bool prunes = options.pruning == Pruning::automatic && scatter_for(options.family) != Scatter::pooled;
    Screening screening(pass.rows().x, options.n_components, run.scorer().whitening, prunes);
    std::vector<PairShare> pairs;
    while (!run.done()) {
        const Placed model{&run.scorer(), &run.parameters().covariances};
        run.advance(pass(model, screening));
        pairs.push_back(screening.share());
        if (go_on && !go_on()) run.interrupt();
    }
    return pairs;
}

}  // namespace gaussmix::em
