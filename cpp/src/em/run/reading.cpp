#include "em/run/reading.hpp"

namespace gaussmix::em {
namespace {

bool prunes(const Options& options) {
    return options.pruning == Pruning::automatic && scatter_for(options.family) != Scatter::pooled;
}

}  // namespace

Reading::Reading(Passes& pass, const Run& run)
    : pass_(pass),
      screening_(pass.rows().x, run.scorer().n_components, run.scorer().whitening, prunes(run.options())) {}

const Moments& Reading::moments(const Run& run) {
    return pass_(Placed{&run.scorer(), &run.parameters().covariances}, screening_);
}

}  // namespace gaussmix::em
