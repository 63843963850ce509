/// The fit: options from Python, a callback, the result as a model and facts.
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

HeldStart start_from(const py::object& init, Options& options) {
    if (py::isinstance<py::str>(init)) {
        options.init = init_from_name(init.cast<std::string>());
        return {};
    }
    if (py::isinstance<Model>(init)) {
        const auto& model = init.cast<const Model&>();
        if (options.variational && model.posterior) return {Inferred{model.parameters, *model.posterior}, {}};
        return {model.parameters, {}};
    }
    auto array = init.cast<py::array>();
    if (array.ndim() == 2) return {Responsibilities{matrix_view(array)}, array};
    using LabelArray = py::array_t<std::int64_t, py::array::c_style>;
    const auto labels = array.cast<LabelArray>();
    return {Labels{labels.data(), static_cast<Index>(labels.size())}, labels};
}

using GivenPrior = std::tuple<OptionalDoubles, double, std::optional<double>, OptionalDoubles>;

/// Whether it is a process, and its concentration.
using GivenWeightPrior = std::pair<bool, std::optional<double>>;

std::optional<Prior> prior_from(const std::optional<GivenPrior>& given) {
    if (!given) return {};
    const auto& [mean, mean_precision, degrees_of_freedom, covariance] = *given;
    return Prior{mean ? to_vector(*mean) : std::vector<double>(), mean_precision, degrees_of_freedom,
                 covariance ? to_vector(*covariance) : std::vector<double>()};
}

py::tuple fit(const py::array& x, const OptionalDoubles& sample_weight, const py::object& init, Index n_components,
              const std::string& covariance_type, Index n_init, Index max_iter, double tol,
              std::optional<double> reg_covar, const std::optional<GivenPrior>& prior,
              const std::optional<GivenWeightPrior>& variational, bool strict, std::uint64_t seed,
              const std::string& pruning, const std::string& effort, const std::string& acceleration, int n_threads,
              const std::string& instruction_set, const py::object& callback) {
    Options options;
    options.n_components = n_components;
    options.family = covariance_from_name(covariance_type);
    options.n_init = n_init;
    options.max_iter = max_iter;
    options.tol = tol;
    options.reg_covar = reg_covar;
    options.prior = prior_from(prior);
    options.strict = strict;
    if (variational) options.variational = WeightPrior{variational->first, variational->second};
    options.seed = seed;
    options.pruning = gaussmix::pruning_from_name(pruning);
    options.effort = gaussmix::effort_from_name(effort);
    options.acceleration = gaussmix::acceleration_from_name(acceleration);
    const HeldStart held = start_from(init, options);

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
    Fit result =
        without_gil([&] { return gaussmix::fit(view, options, weights, held.start, execution, on_iteration); });

    py::dict facts;
    facts["status"] = std::string(name(result.status));
    facts["n_iter"] = result.n_iter;
    facts["history"] = frozen(result.history, {static_cast<py::ssize_t>(result.history.size())});
    std::vector<double> pairs;
    for (const PairShare& share : result.pairs) pairs.insert(pairs.end(), {share.evaluated, share.kept});
    facts["pairs"] = frozen(pairs, {static_cast<py::ssize_t>(result.pairs.size()), 2});
    facts["events"] = events_to_python(result.events);
    facts["collapsed"] = result.collapsed;
    facts["restart"] = result.restart;
    facts["n_threads"] = result.n_threads;
    return py::make_tuple(Model(std::move(result)), facts);
}

}  // namespace

void register_fit(py::module_& module) {
    module.def("fit", fit, py::arg("x"), py::kw_only(), py::arg("sample_weight").none(true), py::arg("init"),
               py::arg("n_components"), py::arg("covariance_type"), py::arg("n_init"), py::arg("max_iter"),
               py::arg("tol"), py::arg("reg_covar"), py::arg("prior").none(true), py::arg("variational").none(true),
               py::arg("strict"), py::arg("seed"), py::arg("pruning"), py::arg("effort"), py::arg("acceleration"),
               py::arg("n_threads"), py::arg("instruction_set"), py::arg("callback"));
}

}  // namespace gaussmix::bindings
