/// Mixtures made of mixtures, conditional distributions, and what they say of missing values.
#include <pybind11/stl.h>

#include <algorithm>

#include "model.hpp"
#include "over_rows.hpp"
#include "register.hpp"

namespace gaussmix::bindings {
namespace {

/// Returns the model of the parameters that make(execution) returns, made without the interpreter's lock.
template <class Make>
Model made(Make make) {
    const Execution execution{0, {}, signal_poll()};
    return without_gil([&] { return make_model(make(execution), execution); });
}

Model marginal(const Model& model, const std::vector<Index>& features) {
    return made([&](const Execution&) { return gaussmix::marginal(model.parameters, features); });
}

Model transform(const Model& model, const Doubles& matrix, const Doubles& shift) {
    const std::vector<double> a = to_vector(matrix);
    const std::vector<double> b = to_vector(shift);
    return made([&](const Execution&) { return gaussmix::transform(model.parameters, a, b); });
}

Model mix(const std::vector<const Model*>& models, const Doubles& weights) {
    const std::vector<double> shares = to_vector(weights);
    std::vector<Parameters> mixtures;
    mixtures.reserve(models.size());
    for (const Model* model : models) mixtures.push_back(model->parameters);
    return made([&](const Execution&) { return gaussmix::mix(mixtures, shares); });
}

Model merge_components(const Model& model, Index i, Index j) {
    return made([&](const Execution&) { return gaussmix::merge_components(model.parameters, i, j); });
}

std::vector<Index> assignment(const Doubles& gains) {
    return gaussmix::assignment(to_vector(gains), gains.ndim() > 0 ? static_cast<Index>(gains.shape(0)) : 0);
}

py::array mean(const Model& model) { return frozen(gaussmix::mean(model.parameters)); }

py::array covariance(const Model& model) {
    const auto d = static_cast<py::ssize_t>(model.parameters.n_features);
    return frozen(gaussmix::covariance(model.parameters), {d, d});
}

/// Calls compute(numbers, output, execution) for a flat array.
template <class Compute>
py::array on_a_line(const Doubles& numbers, int n_threads, Compute compute) {
    const std::vector<double> values = to_vector(numbers);
    py::array_t<double> out(numbers.size());
    const Output<double> room(out.mutable_data(), out.size());
    const Execution execution{n_threads, {}, signal_poll()};
    without_gil([&] { compute(values, room, execution); });
    return std::move(out);
}

py::array cdf(const Model& model, const Doubles& x, int n_threads) {
    return on_a_line(x, n_threads, [&](const auto& values, Output<double> out, const Execution& execution) {
        gaussmix::cdf(model.parameters, values, out, execution);
    });
}

py::array quantiles(const Model& model, const Doubles& p, int n_threads) {
    return on_a_line(p, n_threads, [&](const auto& values, Output<double> out, const Execution& execution) {
        gaussmix::quantiles(model.parameters, values, out, execution);
    });
}

Conditional conditional_of(const Model& model, const std::vector<Index>& given) {
    const Execution execution{0, {}, signal_poll()};
    return without_gil([&] { return Conditional(model.parameters, given, execution); });
}

Model at(const Conditional& conditional, const Doubles& values) {
    const std::vector<double> row = to_vector(values);
    return made([&](const Execution& execution) { return condition(conditional, row, execution); });
}

using Shape = std::vector<py::ssize_t>;

/// Calls compute(view, output, execution) for rows of the given features, with an output of that shape.
template <class Compute>
py::array for_rows(const py::array& x, const Shape& shape, int n_threads, Compute compute) {
    py::array_t<double> out(shape);
    const Output<double> room(out.mutable_data(), out.size());
    over_rows(x, n_threads,
              [&](const MatrixView& view, const Execution& execution) { compute(view, room, execution); });
    return std::move(out);
}

py::ssize_t n_targets(const Conditional& conditional) { return signed_size(conditional.target()); }

py::array weights(const Conditional& conditional, const py::array& x, int n_threads) {
    const Shape shape{x.shape(0), static_cast<py::ssize_t>(conditional.n_components())};
    return for_rows(x, shape, n_threads, [&](const MatrixView& view, Output<double> out, const Execution& execution) {
        gaussmix::predict_proba(conditional.scorer(), view, out, execution);
    });
}

py::array means(const Conditional& conditional, const py::array& x, int n_threads) {
    return for_rows(x, {x.shape(0), n_targets(conditional)}, n_threads,
                    [&](const MatrixView& view, Output<double> out, const Execution& execution) {
                        gaussmix::means(conditional, view, out, execution);
                    });
}

py::array variances(const Conditional& conditional, const py::array& x, int n_threads) {
    return for_rows(x, {x.shape(0), n_targets(conditional)}, n_threads,
                    [&](const MatrixView& view, Output<double> out, const Execution& execution) {
                        gaussmix::variances(conditional, view, out, execution);
                    });
}

py::array covariances(const Conditional& conditional, const py::array& x, int n_threads) {
    const py::ssize_t m = n_targets(conditional);
    return for_rows(x, {x.shape(0), m, m}, n_threads,
                    [&](const MatrixView& view, Output<double> out, const Execution& execution) {
                        gaussmix::covariances(conditional, view, out, execution);
                    });
}

py::array densities(const Conditional& conditional, const py::array& x, const py::array& y, int n_threads) {
    const MatrixView targets = matrix_view(y);
    return for_rows(x, {x.shape(0)}, n_threads,
                    [&](const MatrixView& view, Output<double> out, const Execution& execution) {
                        gaussmix::score_samples(conditional, view, targets, out, execution);
                    });
}

py::tuple drawn(const Conditional& conditional, const py::array& x, std::uint64_t seed, int n_threads) {
    py::array_t<std::int64_t> labels(x.shape(0));
    const Output<std::int64_t> components(labels.mutable_data(), labels.size());
    const py::array y = for_rows(x, {x.shape(0), n_targets(conditional)}, n_threads,
                                 [&](const MatrixView& view, Output<double> out, const Execution& execution) {
                                     gaussmix::sample(conditional, view, seed, out, components, execution);
                                 });
    return py::make_tuple(y, labels);
}

py::array conditional_quantiles(const Conditional& conditional, const py::array& x, const Doubles& p, int n_threads) {
    const std::vector<double> probabilities = to_vector(p);
    return for_rows(x, {x.shape(0), p.size()}, n_threads,
                    [&](const MatrixView& view, Output<double> out, const Execution& execution) {
                        gaussmix::quantiles(conditional, view, probabilities, out, execution);
                    });
}

py::ssize_t n_features(const Model& model) { return static_cast<py::ssize_t>(model.parameters.n_features); }

py::array imputed(const Model& model, const py::array& x, int n_threads) {
    return for_rows(x, {x.shape(0), n_features(model)}, n_threads,
                    [&](const MatrixView& view, Output<double> out, const Execution& execution) {
                        gaussmix::impute(model.scorer, view, out, execution);
                    });
}

py::tuple imputed_with_covariances(const Model& model, const py::array& x, int n_threads) {
    const py::ssize_t d = n_features(model);
    py::array_t<double> covariances(Shape{x.shape(0), d, d});
    const Output<double> room(covariances.mutable_data(), covariances.size());
    const py::array filled = for_rows(x, {x.shape(0), d}, n_threads,
                                      [&](const MatrixView& view, Output<double> out, const Execution& execution) {
                                          gaussmix::impute(model.scorer, view, out, room, execution);
                                      });
    return py::make_tuple(filled, covariances);
}

py::array drawn_missing(const Model& model, const py::array& x, Index n_draws, std::uint64_t seed, Index first_row,
                        int n_threads) {
    const auto draws = static_cast<py::ssize_t>(std::max<Index>(n_draws, 0));
    return for_rows(x, {draws, x.shape(0), n_features(model)}, n_threads,
                    [&](const MatrixView& view, Output<double> out, const Execution& execution) {
                        gaussmix::draw_missing(model.scorer, view, n_draws, seed, out, execution, first_row);
                    });
}

}  // namespace

void register_parts(py::module_& module) {
    module.def("marginal", marginal, py::arg("model"), py::arg("features"));
    module.def("transform", transform, py::arg("model"), py::arg("matrix"), py::arg("shift"));
    module.def("mix", mix, py::arg("models"), py::arg("weights"));
    module.def("merge_components", merge_components, py::arg("model"), py::arg("i"), py::arg("j"));
    module.def("assignment", assignment, py::arg("gains"));
    module.def("mean", mean, py::arg("model"));
    module.def("covariance", covariance, py::arg("model"));
    module.def("cdf", cdf, py::arg("model"), py::arg("x"), py::arg("n_threads"));
    module.def("quantiles", quantiles, py::arg("model"), py::arg("p"), py::arg("n_threads"));
    module.def("impute", imputed, py::arg("model"), py::arg("x"), py::arg("n_threads"));
    module.def("impute_with_covariances", imputed_with_covariances, py::arg("model"), py::arg("x"),
               py::arg("n_threads"));
    module.def("draw_missing", drawn_missing, py::arg("model"), py::arg("x"), py::arg("n_draws"), py::arg("seed"),
               py::arg("first_row"), py::arg("n_threads"));
    py::class_<Conditional>(module, "Conditional")
        .def(py::init(&conditional_of), py::arg("model"), py::arg("given"))
        .def_property_readonly("target", [](const Conditional& c) { return c.target(); })
        .def("at", at, py::arg("values"))
        .def("weights", weights, py::arg("x"), py::arg("n_threads"))
        .def("means", means, py::arg("x"), py::arg("n_threads"))
        .def("variances", variances, py::arg("x"), py::arg("n_threads"))
        .def("covariances", covariances, py::arg("x"), py::arg("n_threads"))
        .def("score_samples", densities, py::arg("x"), py::arg("y"), py::arg("n_threads"))
        .def("sample", drawn, py::arg("x"), py::arg("seed"), py::arg("n_threads"))
        .def("quantiles", conditional_quantiles, py::arg("x"), py::arg("p"), py::arg("n_threads"));
}

}  // namespace gaussmix::bindings
