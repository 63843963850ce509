#include "em/run/reading.hpp"

#include "families/family.hpp"

namespace gaussmix::em {
namespace {

bool prunes(const Options& options) {
    return options.pruning == Pruning::automatic && !families::get(options.family).scatter.is_pooled();
}

}  // namespace

Reading::Reading(Passes& pass, const Run& run)
    : pass_(pass),
      screening_(pass.rows().x, run.scorer().n_components, whitening::of(run.scorer()), prunes(run.options())) {}

const Moments& Reading::moments(const Run& run) {
    return pass_(Placed{&run.scorer(), &run.parameters().covariances}, screening_);
}

}  // namespace gaussmix::em
