/// The EM loop.
#pragma once

#include <functional>
#include <vector>

#include "em/run/reading.hpp"
#include "gaussmix/end.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// A run whose rows are in memory. It can be continued at any time.
struct LocalRun {
    /// `passes` must outlive it, and may serve other runs in between.
    LocalRun(Run beginning, Passes& passes);

    Run run;
    Reading reading;
    std::vector<PairShare> pairs;  ///< of each pass
    /// The other ends of the search for the start; `height` is that of the end that it chose, on the same scale.
    std::vector<End> others;
    double height = 0;
};

/// Alternates passes over the rows and M-steps until the run is done or `go_on`, called after each, returns false.
void iterate(LocalRun& local, const std::function<bool()>& go_on);

}  // namespace gaussmix::em
