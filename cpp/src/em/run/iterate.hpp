/// The EM loop.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "em/pass/pass.hpp"
#include "em/pruning/screening.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// The present model of a run, for a pass.
Placed model_of(const Run& run);

/// What the passes of a run remember of some rows, at first.
std::unique_ptr<Screening> screening_for(const Run& run, const rows::Data& rows);

/// EM under way, to be gone on with at any time: a run, what its passes know of the rows, and what each pass did with
/// the pairs.
struct Ascent {
    /// `pass` must outlive it, and may serve other runs in between.
    Ascent(Run beginning, Passes& pass);

    Run run;
    Passes& pass;
    std::unique_ptr<Screening> screening;
    std::vector<PairShare> pairs;
};

/// A pass over the rows and an M-step, until the run is done or `go_on`, asked after each, says no.
void iterate(Ascent& ascent, const std::function<bool()>& go_on);

}  // namespace gaussmix::em
