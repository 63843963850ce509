/// Summaries: computed from rows, merged, read, pickled.
#include <pybind11/stl.h>

#include "bytes.hpp"
#include "over_rows.hpp"
#include "register.hpp"

namespace gaussmix::bindings {
namespace {

Summary summarize_rows(const py::array& x, const OptionalDoubles& sample_weight, int n_threads) {
    const WeightsView weights = weights_view(sample_weight);
    return over_rows(x, n_threads, [&](const MatrixView& view, const Execution& execution) {
        return summarize(view, weights, execution);
    });
}

/// Rows of one part of all, and their weights.
py::tuple draw_rows(const py::array& x, const OptionalDoubles& sample_weight, const Summary& all, Index size,
                    std::uint64_t seed, std::uint64_t number, int n_threads) {
    const WeightsView weights = weights_view(sample_weight);
    const Sample drawn = over_rows(x, n_threads, [&](const MatrixView& view, const Execution& execution) {
        return draw(view, weights, all, size, seed, number, execution);
    });
    const Index n = signed_size(drawn.weights);
    return py::make_tuple(frozen(drawn.values, {n, drawn.n_features}), frozen(drawn.weights));
}

auto of_features(std::vector<double> Summary::* values) {
    return [values](const Summary& s) { return frozen(s.*values); };
}

}  // namespace

void register_summary(py::module_& module) {
    py::class_<Summary>(module, "Summary")
        .def_readonly("n_rows", &Summary::n_rows)
        .def_readonly("total_weight", &Summary::total_weight)
        .def_property_readonly("means", of_features(&Summary::means))
        .def_property_readonly("variances", of_features(&Summary::variances))
        .def_property_readonly("minima", of_features(&Summary::minima))
        .def_property_readonly("maxima", of_features(&Summary::maxima))
        .def(
            "merged", [](const Summary& a, const Summary& b) { return merge(a, b); }, py::arg("other"))
        .def(pickled_as_bytes<Summary>(summary_from_bytes));
    module.def("draw", draw_rows, py::arg("x"), py::arg("sample_weight").none(true), py::arg("summary"),
               py::arg("size"), py::arg("seed"), py::arg("number"), py::arg("n_threads"));
    module.def("summarize", summarize_rows, py::arg("x"), py::arg("sample_weight").none(true), py::arg("n_threads"));
}

}  // namespace gaussmix::bindings
