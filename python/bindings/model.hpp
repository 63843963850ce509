/// What fits, runs and files share: how a mixture was fitted.
#pragma once

#include "arrays.hpp"

namespace gaussmix::bindings {

/// Returns how a model was fitted as a dictionary; each event is a tuple (iteration, component, act).
py::dict facts_of(const Model& model);

/// Returns the model of a fit, and how it was fitted, with the facts that files do not keep.
py::tuple fitted(Model model);

}  // namespace gaussmix::bindings
