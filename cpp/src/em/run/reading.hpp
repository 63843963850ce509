/// A run's passes over some rows.
#pragma once

#include "em/pass/pass.hpp"
#include "em/pruning/screening.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// Reads some rows for one run, again and again: each pass uses what those before it have learnt of the rows.
class Reading {
public:
    /// `pass` must outlive it, and may serve other runs in between.
    Reading(Passes& pass, const Run& run);

    /// The moments under the present model of the run. They stay until the next pass.
    const Moments& moments(const Run& run);

    /// What the last pass did with the pairs of a row and a component.
    const PairShare& share() const noexcept { return screening_.share(); }

private:
    Passes& pass_;
    Screening screening_;
};

}  // namespace gaussmix::em
