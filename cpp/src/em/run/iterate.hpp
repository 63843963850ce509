/// The EM loop.
#pragma once

#include <functional>
#include <vector>

#include "em/run/reading.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// EM under way, to be gone on with at any time: a run, its reading of the rows, and what each pass did with the pairs.
struct Ascent {
    Ascent(Run beginning, Passes& pass);

    Run run;
    Reading reading;
    std::vector<PairShare> pairs;
};

/// A pass over the rows and an M-step, until the run is done or `go_on`, asked after each, says no.
void iterate(Ascent& ascent, const std::function<bool()>& go_on);

}  // namespace gaussmix::em
