/// The choice among families and numbers of components.
#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include "gil.hpp"
#include "model.hpp"
#include "register.hpp"

namespace gaussmix::bindings {
namespace {

OnCells observer(const py::object& callback) {
    if (callback.is_none()) return {};
    return [&callback](const SelectProgress& progress) {
        const py::gil_scoped_acquire gil;
        return !callback(progress.n_done, progress.n_steps).cast<bool>();
    };
}

py::list select(const py::array& x, const Options& options, const std::vector<std::string>& covariance_types,
                const std::vector<Index>& n_components, const OptionalDoubles& sample_weight,
                const std::vector<OptionalAllowed>& allowed, std::optional<Index> max_fits,
                std::optional<double> max_seconds, int n_threads, const std::string& instruction_set,
                const py::object& callback) {
    SelectOptions what{{}, n_components, options, max_fits, max_seconds};
    for (const std::string& family : covariance_types)
        what.covariance_types.push_back(covariance_type_from_name(family));
    const Execution execution{n_threads, instruction_set, signal_poll()};
    const OnCells on_cells = observer(callback);
    const MatrixView view = matrix_view(x);
    const WeightsView weights = weights_view(sample_weight);
    std::vector<AllowedView> sets;
    for (const OptionalAllowed& own : allowed) sets.push_back(allowed_view(own));
    std::vector<Cell> cells =
        without_gil([&] { return gaussmix::select(what, view, weights, execution, on_cells, sets); });
    py::list result;
    for (Cell& cell : cells) {
        const Evidence& found = cell.evidence;
        const py::tuple evidence =
            py::make_tuple(found.n_rows, found.total_weight, found.log_likelihood, found.log_top_probability);
        const py::object model = cell.model ? py::object(fitted(std::move(*cell.model))) : py::none();
        result.append(
            py::make_tuple(std::string(name(cell.covariance_type)), cell.n_components, model, evidence, cell.why));
    }
    return result;
}

}  // namespace

void register_select(py::module_& module) {
    module.def("select", select, py::arg("x"), py::arg("options"), py::kw_only(), py::arg("covariance_types"),
               py::arg("n_components"), py::arg("sample_weight").none(true), py::arg("allowed"),
               py::arg("max_fits").none(true), py::arg("max_seconds").none(true), py::arg("n_threads"),
               py::arg("instruction_set"), py::arg("callback").none(true));
}

}  // namespace gaussmix::bindings
