/// The fused pass: E-step and the M-step's sums over all rows, in one read of the data.
#pragma once

#include <memory>

#include "em/pass/source.hpp"
#include "em/pruning/screening.hpp"
#include "gaussmix/moments.hpp"
#include "rows/data.hpp"
#include "scatter/scatter.hpp"

namespace gaussmix::em {

/// Returns the moments of all rows about `reference` (K, d), with responsibilities from `source`.
Moments pass(const rows::Data& rows, const Source& source, const std::vector<double>& reference,
             const scatter::Form& scatter);

/// Passes over the same rows, which reuse each other's memory. Moments stay valid until the next pass.
class Passes {
public:
    Passes(const rows::Data& rows, Index n_components, const scatter::Form& scatter);
    ~Passes();

    const rows::Data& rows() const noexcept;

    /// Returns the moments about `reference` (K, d), with responsibilities from `source`, of rows visited in this
    /// order.
    const Moments& operator()(const Source& source, const std::vector<double>& reference, rows::Order order = nullptr);

    /// Returns the moments under a model, about its means, in the order of `screening` and using what it knows about
    /// the rows.
    const Moments& operator()(const ModelWithCovariances& model, Screening& screening);

    class State;

private:
    std::unique_ptr<State> state_;
};

}  // namespace gaussmix::em
