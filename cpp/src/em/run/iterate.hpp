/// The EM loop.
#pragma once

#include <functional>
#include <vector>

#include "em/pass/pass.hpp"
#include "em/pruning/screening.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// EM under way, to be gone on with at any time: a run, what its passes have learnt of the rows, and what each of them
/// did with the pairs.
struct Ascent {
    Ascent(Run beginning, const Passes& pass, const Options& options);

    Run run;
    Screening screening;
    std::vector<PairShare> pairs;
};

/// A pass over the rows and an M-step, until the run is done or `go_on`, asked after each, says no.
void iterate(Ascent& ascent, Passes& pass, const std::function<bool()>& go_on);

}  // namespace gaussmix::em
