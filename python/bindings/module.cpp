/// The extension module gaussmix._core: the C++ core as Python sees it.
#include <pybind11/pybind11.h>

#include "register.hpp"

namespace py = pybind11;

PYBIND11_MODULE(_core, module, py::mod_gil_not_used()) {
    module.doc() = "The compiled core of gaussmix. Use the functions of the package instead.";
    gaussmix::bindings::register_system(module);
    gaussmix::bindings::register_families(module);
    gaussmix::bindings::register_model(module);
    gaussmix::bindings::register_parts(module);
    gaussmix::bindings::register_options(module);
    gaussmix::bindings::register_fit(module);
    gaussmix::bindings::register_select(module);
    gaussmix::bindings::register_summary(module);
    gaussmix::bindings::register_moments(module);
    gaussmix::bindings::register_run(module);
    gaussmix::bindings::register_shard(module);
}
