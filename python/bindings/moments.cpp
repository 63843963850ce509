/// Moments: merged, read, pickled. Shards make them.
#include <pybind11/stl.h>

#include "arrays.hpp"
#include "bytes.hpp"
#include "gil.hpp"
#include "register.hpp"

namespace gaussmix::bindings {
namespace {

Moments merged(const Moments& a, const Moments& b) {
    return without_gil([&] { return merge(a, b); });
}

}  // namespace

void register_moments(py::module_& module) {
    py::class_<Moments>(module, "Moments")
        .def_readonly("n_components", &Moments::n_components)
        .def_readonly("n_features", &Moments::n_features)
        .def_readonly("n_rows", &Moments::n_rows)
        .def_readonly("total_weight", &Moments::total_weight)
        .def_readonly("log_likelihood", &Moments::log_likelihood)
        .def_property_readonly("weights", [](const Moments& m) { return frozen(m.weights); })
        .def("merged", merged, py::arg("other"))
        .def(pickled_as_bytes<Moments>(moments_from_bytes));
}

}  // namespace gaussmix::bindings
