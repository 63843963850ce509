/// The EM loop.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "em/pass/pass.hpp"
#include "em/pruning/screening.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// Returns the present model of a run, for a pass.
Placed model_of(const Run& run);

/// Returns what the passes of a run remember about some rows, initially.
std::unique_ptr<Screening> screening_for(const Run& run, const rows::Data& rows);

/// Returns the moments of rows that are visited once, under the present model of a run; `screening` has what earlier
/// passes remember of them, or is null.
Moments pass(const rows::Data& rows, const Run& run, Screening* screening);

/// EM in progress, which can be continued at any time: a run, its reading of the rows, and what each pass did with the
/// pairs.
struct Ascent {
    /// `pass` must outlive it, and may serve other runs in between.
    Ascent(Run beginning, Passes& pass);

    Run run;
    Passes& pass;
    std::unique_ptr<Screening> screening;
    std::vector<PairShare> pairs;
    /// The other ends of the search for the start; `height` is that of the end that it chose, on the same scale.
    std::vector<End> others;
    double height = 0;
};

/// Alternates passes over the rows and M-steps until the run is done or `go_on`, called after each, returns false.
void iterate(Ascent& ascent, const std::function<bool()>& go_on);

}  // namespace gaussmix::em
