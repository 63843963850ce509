/// Moments: merged, read, pickled. Shards make them.
#include <pybind11/stl.h>

#include "arrays.hpp"
#include "gil.hpp"
#include "register.hpp"

namespace gaussmix::bindings {
namespace {

Moments merged(const Moments& a, const Moments& b) {
    return without_gil([&] { return merge(a, b); });
}

py::tuple state_of(const Moments& m) {
    return py::make_tuple(static_cast<int>(m.scatter_kind), m.n_components, m.n_features, m.n_rows, m.model,
                          m.total_weight, m.log_likelihood, m.rounding, frozen(m.weights), frozen(m.reference),
                          frozen(m.first), frozen(m.scatter));
}

Moments from_state(const py::tuple& state) {
    const auto [scatter_kind, n_components, n_features, n_rows, model, total_weight, log_likelihood, rounding, weights,
                reference, first, scatter] =
        state.cast<std::tuple<std::uint8_t, Index, Index, Index, std::uint64_t, double, double, double, Doubles,
                              Doubles, Doubles, Doubles>>();
    Moments m;
    m.scatter_kind = static_cast<Scatter>(scatter_kind);
    m.n_components = n_components;
    m.n_features = n_features;
    m.n_rows = n_rows;
    m.model = model;
    m.total_weight = total_weight;
    m.log_likelihood = log_likelihood;
    m.rounding = rounding;
    m.weights = to_vector(weights);
    m.reference = to_vector(reference);
    m.first = to_vector(first);
    m.scatter = to_vector(scatter);
    return m;
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
        .def(py::pickle(&state_of, &from_state));
}

}  // namespace gaussmix::bindings
