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

Moments stepwise_of(const Moments& now, const Moments& before, double factor) {
    return without_gil([&] { return stepwise(now, before, factor); });
}

/// The prior of the options must be complete.
Moments of_mixture(const Model& model, double total_weight, const Summary& summary, const Options& options) {
    return without_gil(
        [&] { return moments_of(model.parameters, total_weight, make_ridge(options, summary), options.prior); });
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
        .def("stepwise", stepwise_of, py::arg("before"), py::arg("factor"))
        .def(pickled_as_bytes<Moments>(moments_from_bytes));
    module.def("moments_of", of_mixture, py::arg("model"), py::arg("total_weight"), py::arg("summary"),
               py::arg("options"));
}

}  // namespace gaussmix::bindings
