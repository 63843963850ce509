/// The options of a fit, made once from Python's keyword arguments.
#include <pybind11/stl.h>

#include <array>
#include <limits>

#include "arrays.hpp"
#include "register.hpp"

namespace gaussmix::bindings {
namespace {

/// Mean, mean precision, degrees of freedom and covariance; None for what comes from the data.
using PriorNumbers = std::tuple<OptionalDoubles, double, std::optional<double>, OptionalDoubles>;

/// Whether the weights have a Dirichlet-process prior, and the concentration of the prior.
using WeightPriorNumbers = std::pair<bool, std::optional<double>>;

/// Weight and log-volume, None for what comes from the data, and the middle and log-widths of the box, both empty if it
/// is not known.
using NoiseNumbers = std::tuple<std::optional<double>, std::optional<double>, std::vector<double>, std::vector<double>>;

/// The components whose weights, means and covariances stay.
using FixedNumbers = std::tuple<std::vector<Index>, std::vector<Index>, std::vector<Index>>;

/// The limits of weights and of variances.
using BoundNumbers = std::array<double, 4>;

Prior prior_of(const PriorNumbers& numbers) {
    const auto& [mean, mean_precision, degrees_of_freedom, covariance] = numbers;
    return {mean ? to_vector(*mean) : std::vector<double>(), mean_precision, degrees_of_freedom,
            covariance ? to_vector(*covariance) : std::vector<double>()};
}

PriorNumbers numbers_of(const Prior& prior) {
    const auto array = [](const std::vector<double>& values) {
        return py::array_t<double, py::array::c_style>(signed_size(values), values.data());
    };
    return {array(prior.mean), prior.mean_precision, prior.degrees_of_freedom, array(prior.covariance)};
}

/// The prior of the options, with whatever it leaves empty taken from the summary and covariance, (d, d), of all rows.
PriorNumbers complete_prior(const Options& options, const Summary& summary, const Doubles& covariance) {
    return numbers_of(complete(*options.prior, options, summary, to_vector(covariance)));
}

Options make_options(Index n_components, const std::string& covariance_type, const std::string& init, Index n_init,
                     Index max_iter, double tol, std::optional<double> reg_covar,
                     const std::optional<PriorNumbers>& prior, const std::optional<WeightPriorNumbers>& variational,
                     bool strict, std::uint64_t seed, const std::string& pruning, const std::string& effort,
                     const std::string& acceleration, const std::optional<NoiseNumbers>& noise,
                     const FixedNumbers& fixed, const BoundNumbers& bounds) {
    Options options;
    options.n_components = n_components;
    options.covariance_type = covariance_type_from_name(covariance_type);
    options.init = init_from_name(init);
    options.n_init = n_init;
    options.max_iter = max_iter;
    options.tol = tol;
    options.reg_covar = reg_covar;
    if (prior) options.prior = prior_of(*prior);
    if (variational) options.variational = WeightPrior{variational->first, variational->second};
    options.strict = strict;
    options.seed = seed;
    options.pruning = pruning_from_name(pruning);
    options.effort = effort_from_name(effort);
    options.acceleration = acceleration_from_name(acceleration);
    if (noise) {
        const auto& [weight, log_volume, middle, log_widths] = *noise;
        options.noise = NoiseOptions{weight, log_volume, {}, {middle, log_widths}};
    }
    options.fixed = {std::get<0>(fixed), std::get<1>(fixed), std::get<2>(fixed)};
    options.bounds = {bounds[0], bounds[1], bounds[2], bounds[3]};
    return options;
}

template <class Enum>
std::string spelt(Enum value) {
    return std::string(name(value));
}

}  // namespace

void register_options(py::module_& module) {
    const Options usual;
    py::class_<Options>(module, "Options")
        .def(py::init(&make_options), py::kw_only(), py::arg("n_components"), py::arg("covariance_type"),
             py::arg("init") = spelt(usual.init), py::arg("n_init") = usual.n_init,
             py::arg("max_iter") = usual.max_iter, py::arg("tol") = usual.tol, py::arg("reg_covar") = usual.reg_covar,
             py::arg("prior") = py::none(), py::arg("variational") = py::none(), py::arg("strict") = usual.strict,
             py::arg("seed") = usual.seed, py::arg("pruning") = spelt(usual.pruning),
             py::arg("effort") = spelt(usual.effort), py::arg("acceleration") = spelt(usual.acceleration),
             py::arg("noise") = py::none(), py::arg("fixed") = FixedNumbers(),
             py::arg("bounds") = BoundNumbers{0, 1, 0, std::numeric_limits<double>::infinity()});
    module.def("complete_prior", complete_prior, py::arg("options"), py::arg("summary"), py::arg("covariance"));
}

}  // namespace gaussmix::bindings
