/// The EM loop over rows in memory, and how each of its iterations reads them: in passes that remember what they have
/// learnt about the rows. A shard and each piece of larger data are read in the same way.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "em/pass/pass.hpp"
#include "em/pruning/screening.hpp"
#include "gaussmix/end.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// Returns what the passes of a run remember about some rows, initially.
std::unique_ptr<Screening> screening_for(const Run& run, const rows::Data& rows);

/// Returns the moments of rows under the present model of a run, in a pass that keeps nothing but what it adds to
/// `screening`; that may be null.
Moments moments_of(const rows::Data& rows, const Run& run, Screening* screening);

class Reading {
public:
    /// `passes` must outlive it, and may serve other runs in between.
    Reading(Passes& passes, const Run& run);

    /// Returns the moments of the rows under the present model of the run, valid until the next use of the passes.
    const Moments& moments(const Run& run);

    /// Returns what the last pass did with the pairs of a row and a component.
    const PairShare& pairs() const noexcept { return screening_->share(); }

private:
    Passes& passes_;
    std::unique_ptr<Screening> screening_;
};

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
