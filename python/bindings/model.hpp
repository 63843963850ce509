/// A mixture as the extension holds it.
#pragma once

#include "arrays.hpp"

namespace gaussmix::bindings {

/// Parameters, in variational Bayes their posterior, and the scorer made from them once.
struct Model {
    /// Factors the covariances, without the GIL.
    explicit Model(Parameters given, std::optional<Posterior> inferred = {});
    explicit Model(gaussmix::Model model)
        : Model(std::move(model.parameters), std::move(model.posterior), std::move(model.scorer)) {}
    Model(Parameters given, std::optional<Posterior> inferred, Scorer prepared)
        : parameters(std::move(given)), posterior(std::move(inferred)), scorer(std::move(prepared)) {}

    Parameters parameters;
    std::optional<Posterior> posterior;
    Scorer scorer;
};

/// How a mixture was fitted, as fits, runs and files record it.
struct Outcome {
    Status status;
    Index n_iter;
    std::vector<double> history;
    std::vector<Event> events;
    std::vector<Index> collapsed;
};

/// Returns it as a dictionary; each event is a tuple (iteration, component, act).
py::dict facts_of(const Outcome& outcome);

}  // namespace gaussmix::bindings
