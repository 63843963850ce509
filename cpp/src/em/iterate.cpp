#include "em/iterate.hpp"

namespace gaussmix::em {

std::vector<PairShare> iterate(Run& run, const Rows& rows, const Options& options, const std::function<bool()>& go_on) {
    const Scatter scatter = scatter_for(options.family);
    const bool prunes = options.pruning == Pruning::automatic && scatter != Scatter::pooled;
    Screening screening(rows.x, options.n_components, run.scorer().whitening, prunes);
    Passes pass(rows, options.n_components, scatter);
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
