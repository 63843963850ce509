/// A mixture as the extension holds it.
#pragma once

#include "arrays.hpp"

namespace gaussmix::bindings {

/// Parameters, in variational Bayes their posterior, and the scorer made from them once.
struct Model {
    /// Factors the covariances, without the GIL.
    explicit Model(Parameters given, std::optional<Posterior> inferred = {});
    explicit Model(Fit fit)
        : parameters(std::move(fit.parameters)), posterior(std::move(fit.posterior)), scorer(std::move(fit.scorer)) {}

    Parameters parameters;
    std::optional<Posterior> posterior;
    Scorer scorer;
};

/// (iteration, component, act) of each.
py::list events_to_python(const std::vector<Event>& events);

}  // namespace gaussmix::bindings
