/// A mixture as the extension holds it.
#pragma once

#include "arrays.hpp"

namespace gaussmix::bindings {

/// Parameters and the scorer made from them once.
struct Model {
    /// Factors the covariances, without the GIL.
    explicit Model(Parameters given);
    Model(Parameters given, Scorer made) : parameters(std::move(given)), scorer(std::move(made)) {}

    Parameters parameters;
    Scorer scorer;
};

/// (iteration, component, act) of each.
py::list events_to_python(const std::vector<Event>& events);

}  // namespace gaussmix::bindings
