/// What every fit does for its caller: it reports each iteration, and throws if a mended mixture is not acceptable.
#pragma once

#include "gaussmix/model.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// Reports the last iteration. Returns false if the caller asks to stop.
bool go_on(const OnIteration& on_iteration, const Run& run, Index restart);

/// Throws Error(degenerate) if the options are strict and the model had to be mended.
void check_strict(const Options& options, const Model& model);

}  // namespace gaussmix::em
