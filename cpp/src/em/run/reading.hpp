/// How a run reads its rows: passes over them, and what these remember about the rows from one to the next. A shard,
/// the fit in memory and each piece of larger data are read in this way.
#pragma once

#include <memory>

#include "em/pass/pass.hpp"
#include "em/pruning/screening.hpp"
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

}  // namespace gaussmix::em
