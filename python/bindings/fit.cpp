/// The fit of rows in memory: a start, a callback, the result as a model and facts.
#include <pybind11/stl.h>

#include "gil.hpp"
#include "model.hpp"
#include "register.hpp"

namespace gaussmix::bindings {
namespace {

/// A start and the arrays that must outlive it.
struct HeldStart {
    Start start;
    py::array keep;
};

HeldStart start_from(const py::object& start, const Options& options) {
    if (start.is_none()) return {};
    if (py::isinstance<Model>(start)) {
        const auto& model = start.cast<const Model&>();
        if (options.variational && model.posterior) return {Inferred{model.parameters, *model.posterior}, {}};
        return {model.parameters, {}};
    }
    auto array = start.cast<py::array>();
    if (array.ndim() == 2) return {Responsibilities{matrix_view(array)}, array};
    using LabelArray = py::array_t<std::int64_t, py::array::c_style>;
    const auto labels = array.cast<LabelArray>();
    return {Labels{labels.data(), signed_size(labels)}, labels};
}

py::tuple fit(const py::array& x, const Options& options, const OptionalDoubles& sample_weight, const py::object& start,
              int n_threads, const std::string& instruction_set, const py::object& callback) {
    const HeldStart held = start_from(start, options);

    const Execution execution{n_threads, instruction_set, signal_poll()};
    OnIteration on_iteration;
    if (!callback.is_none()) {
        on_iteration = [&callback](const Progress& progress) {
            const py::gil_scoped_acquire gil;
            const py::object stop =
                callback(progress.restart, progress.iteration, progress.log_likelihood, progress.change);
            return !stop.cast<bool>();
        };
    }

    const MatrixView view = matrix_view(x);
    const WeightsView weights = weights_view(sample_weight);
    Model model =
        without_gil([&] { return gaussmix::fit(options, view, weights, held.start, execution, on_iteration); });

    py::dict facts = facts_of(model);
    std::vector<double> pairs;
    for (const PairShare& share : model.pairs) pairs.insert(pairs.end(), {share.evaluated, share.kept});
    facts["pairs"] = frozen(pairs, {signed_size(model.pairs), 2});
    facts["restart"] = model.restart;
    facts["n_threads"] = model.n_threads;
    return py::make_tuple(std::move(model), facts);
}

}  // namespace

void register_fit(py::module_& module) {
    module.def("fit", fit, py::arg("x"), py::arg("options"), py::kw_only(), py::arg("sample_weight").none(true),
               py::arg("start").none(true), py::arg("n_threads"), py::arg("instruction_set"),
               py::arg("callback").none(true));
}

}  // namespace gaussmix::bindings
