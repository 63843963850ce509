/// The EM loop.
#pragma once

#include <functional>

#include "em/pass.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// A pass over the rows and an M-step, until the run is done; interrupts it when `go_on`, asked after each iteration,
/// says no. Returns what each pass did with the pairs.
std::vector<PairShare> iterate(Run& run, Passes& pass, const Options& options, const std::function<bool()>& go_on = {});

}  // namespace gaussmix::em
