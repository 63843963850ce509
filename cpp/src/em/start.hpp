/// The first parameters of a run.
#pragma once

#include "em/pass.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument) unless `start` fits the options and the shape of x.
void check(const Start& start, const Options& options, const MatrixView& x);

/// A run at its beginning. `restart` tells restarts apart; a given start is the same in each.
Run begin(Passes& pass, const Options& options, const Summary& summary, const Start& start, Index restart,
          const Execution& execution);

}  // namespace gaussmix::em
