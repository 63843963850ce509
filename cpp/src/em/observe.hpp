/// What every fit owes its caller: word of each iteration, and an error where a mended mixture will not do.
#pragma once

#include "gaussmix/model.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// Tells of the iteration just done; false when the caller asks to stop.
bool go_on(const OnIteration& on_iteration, const Run& run, Index restart);

/// Throws Error(degenerate) for a model that had to be mended, if the options are strict.
void check_strict(const Options& options, const Model& model);

}  // namespace gaussmix::em
