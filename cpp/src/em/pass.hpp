/// The fused pass: E-step and the M-step's sums over all rows, in one read of the data.
#pragma once

#include <memory>

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

/// Passes over the same rows: memory that one of them needed is used again by the next. Moments stay until then.
class Passes {
public:
    Passes(const Rows& rows, Index n_components, Scatter scatter);
    ~Passes();

    const Rows& rows() const noexcept;

    const Moments& operator()(const Source& source, const std::vector<double>& reference);

    /// The moments under a model and about its means, in the order of `screening` and with what it knows of the rows.
    const Moments& operator()(const Placed& model, Screening& screening);

    class State;

private:
    std::unique_ptr<State> state_;
};

}  // namespace gaussmix::em
