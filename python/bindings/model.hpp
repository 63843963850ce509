/// A mixture as the extension holds it.
#pragma once

#include "arrays.hpp"

namespace gaussmix::bindings {

/// Parameters and the scorer made from them once.
struct Model {
    explicit Model(Parameters given) : parameters(std::move(given)), scorer(prepare(parameters)) {}

    Parameters parameters;
    Scorer scorer;
};

/// (iteration, component, act) of each.
py::list events_to_python(const std::vector<Event>& events);

}  // namespace gaussmix::bindings
