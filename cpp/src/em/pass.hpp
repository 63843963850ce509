/// The fused pass: E-step and the M-step's sums over all rows, in one read of the data.
#pragma once

#include "em/expectation.hpp"
#include "em/screening.hpp"
#include "gaussmix/moments.hpp"
#include "rows/context.hpp"

namespace gaussmix::em {

/// The data of a fit and how to walk them.
struct Rows {
    MatrixView x;
    WeightsView weights;
    const rows::Context& context;
    rows::Order order = nullptr;
};

/// The moments about `reference` (K, d) of all rows, with responsibilities from `source`.
Moments pass(const Rows& rows, const Source& source, const std::vector<double>& reference, Scatter scatter);

/// The same under a model and about its means, in the order of `screening` and with what it knows of the rows.
Moments pass(const Rows& rows, const Placed& model, Scatter scatter, Screening& screening);

}  // namespace gaussmix::em
