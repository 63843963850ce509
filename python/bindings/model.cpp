/// The model class: parameters in and out, scoring, sampling, files.
#include "model.hpp"

#include <pybind11/stl.h>

#include "over_rows.hpp"
#include "register.hpp"

namespace gaussmix::bindings {
namespace {

/// Concentration, (K,) or (2, K), mean precision, (K,), and degrees of freedom, (K,).
using PosteriorArrays = std::tuple<Doubles, Doubles, Doubles>;

/// Weight, log-volume, and the middle and log-widths of the box, (d,); both empty if it is not known.
using NoiseNumbers = std::tuple<double, double, std::vector<double>, std::vector<double>>;

Noise noise_from(const NoiseNumbers& numbers) {
    const auto& [weight, log_volume, middle, log_widths] = numbers;
    return {weight, log_volume, {middle, log_widths}};
}

Model model_of(const Doubles& weights, const Doubles& means, const Doubles& covariances,
               const std::string& covariance_type, const std::optional<PosteriorArrays>& posterior,
               const std::optional<NoiseNumbers>& noise) {
    Parameters parameters;
    parameters.covariance_type = covariance_type_from_name(covariance_type);
    parameters.n_components = means.shape(0);
    parameters.n_features = means.shape(1);
    parameters.weights = to_vector(weights);
    parameters.means = to_vector(means);
    parameters.covariances = to_vector(covariances);
    if (noise) parameters.noise = noise_from(*noise);
    const Execution execution{0, {}, signal_poll()};
    if (!posterior) {
        return without_gil([&] { return gaussmix::make_model(std::move(parameters), execution); });
    }
    const auto& [concentration, mean_precision, degrees_of_freedom] = *posterior;
    Posterior inferred{to_vector(concentration), to_vector(mean_precision), to_vector(degrees_of_freedom)};
    return without_gil([&] { return gaussmix::make_model(std::move(parameters), std::move(inferred), execution); });
}

std::optional<NoiseNumbers> noise_of(const Model& model) {
    if (!model.parameters.noise) return std::nullopt;
    const auto& [weight, log_volume, box] = *model.parameters.noise;
    return NoiseNumbers(weight, log_volume, box.middle, box.log_widths);
}

py::object posterior_of(const Model& model) {
    if (!model.posterior) return py::none();
    const auto& [concentration, mean_precision, degrees_of_freedom] = *model.posterior;
    const Index k = signed_size(mean_precision);
    const bool process = concentration.size() > mean_precision.size();
    return py::make_tuple(frozen(concentration, process ? std::vector<py::ssize_t>{2, k} : std::vector<py::ssize_t>{k}),
                          frozen(mean_precision, {k}), frozen(degrees_of_freedom, {k}));
}

/// Returns numbers in the shape of the covariances.
py::array shaped_as_covariances(const Model& model, const std::vector<double>& values) {
    const Parameters& p = model.parameters;
    const std::vector<Index> shape = covariances_shape(p.covariance_type, p.n_components, p.n_features);
    return frozen(values, {shape.begin(), shape.end()});
}

py::array score_samples(const Model& model, const py::array& x, int n_threads) {
    py::array_t<double> out(x.shape(0));
    const Output<double> values(out.mutable_data(), out.size());
    over_rows(x, n_threads, [&](const MatrixView& view, const Execution& execution) {
        gaussmix::score_samples(model.scorer, view, values, execution);
    });
    return std::move(out);
}

double score(const Model& model, const py::array& x, const OptionalDoubles& sample_weight, int n_threads) {
    const WeightsView weights = weights_view(sample_weight);
    return over_rows(x, n_threads, [&](const MatrixView& view, const Execution& execution) {
        return gaussmix::score(model.scorer, view, weights, execution);
    });
}

py::array predict(const Model& model, const py::array& x, int n_threads) {
    py::array_t<std::int64_t> out(x.shape(0));
    const Output<std::int64_t> labels(out.mutable_data(), out.size());
    over_rows(x, n_threads, [&](const MatrixView& view, const Execution& execution) {
        gaussmix::predict(model.scorer, view, labels, execution);
    });
    return std::move(out);
}

py::array predict_proba(const Model& model, const py::array& x, int n_threads) {
    py::array_t<double> out({x.shape(0), static_cast<py::ssize_t>(model.scorer.n_terms())});
    const Output<double> values(out.mutable_data(), out.size());
    over_rows(x, n_threads, [&](const MatrixView& view, const Execution& execution) {
        gaussmix::predict_proba(model.scorer, view, values, execution);
    });
    return std::move(out);
}

/// The fields of the sums that criteria need.
using EvidenceTuple = std::tuple<Index, double, double, double>;

EvidenceTuple evidence(const Model& model, const py::array& x, const OptionalDoubles& sample_weight, int n_threads) {
    const WeightsView weights = weights_view(sample_weight);
    const Evidence sums = over_rows(x, n_threads, [&](const MatrixView& view, const Execution& execution) {
        return gaussmix::evidence(model.scorer, view, weights, execution);
    });
    return {sums.n_rows, sums.total_weight, sums.log_likelihood, sums.log_top_probability};
}

py::tuple criteria(const Model& model, const EvidenceTuple& sums) {
    const auto& [n_rows, total_weight, log_likelihood, log_top_probability] = sums;
    const Criteria found =
        gaussmix::criteria({n_rows, total_weight, log_likelihood, log_top_probability}, n_parameters(model.parameters));
    return py::make_tuple(found.bic, found.aic, found.icl);
}

py::tuple sample(const Model& model, Index n_samples, std::uint64_t seed, int n_threads) {
    const auto rows = static_cast<py::ssize_t>(n_samples > 0 ? n_samples : 0);
    py::array_t<double> x({rows, static_cast<py::ssize_t>(model.parameters.n_features)});
    py::array_t<std::int64_t> labels(rows);
    const Output<double> values(x.mutable_data(), x.size());
    const Output<std::int64_t> drawn(labels.mutable_data(), labels.size());
    const Execution execution{n_threads, {}, signal_poll()};
    without_gil([&] { gaussmix::sample(model.parameters, n_samples, seed, values, drawn, execution); });
    return py::make_tuple(x, labels);
}

void save(const Model& model, const std::string& path, const std::string& status, Index n_iter, const Doubles& history,
          const std::vector<std::tuple<Index, Index, std::string>>& events, const std::vector<Index>& collapsed,
          const std::vector<std::string>& feature_names, bool missing) {
    Model saved = model;
    saved.missing = missing ? Missing::em : Missing::error;
    saved.feature_names = feature_names;
    saved.status = status_from_name(status);
    saved.n_iter = n_iter;
    saved.history = to_vector(history);
    saved.collapsed = collapsed;
    saved.events.clear();
    for (const auto& [iteration, component, act] : events) {
        saved.events.push_back({iteration, component, act_from_name(act)});
    }
    without_gil([&] { gaussmix::save(saved, path); });
}

py::tuple load(const std::string& path) {
    const Execution execution{0, {}, signal_poll()};
    Model model = without_gil([&] { return gaussmix::load(path, execution); });
    const py::dict facts = facts_of(model);
    const std::vector<std::string> feature_names = model.feature_names;
    return py::make_tuple(std::move(model), facts, feature_names);
}

}  // namespace

py::dict facts_of(const Model& model) {
    py::list events;
    for (const Event& event : model.events) {
        events.append(py::make_tuple(event.iteration, event.component, std::string(name(event.act))));
    }
    py::dict facts;
    facts["status"] = std::string(name(model.status));
    facts["n_iter"] = model.n_iter;
    facts["history"] = frozen(model.history);
    facts["events"] = events;
    facts["collapsed"] = model.collapsed;
    facts["missing"] = model.missing == Missing::em;
    return facts;
}

py::tuple fitted(Model model) {
    py::dict facts = facts_of(model);
    std::vector<double> pairs;
    for (const PairShare& share : model.pairs) pairs.insert(pairs.end(), {share.evaluated, share.kept});
    facts["pairs"] = frozen(pairs, {signed_size(model.pairs), 2});
    py::list ends;
    for (const End& end : model.ends) ends.append(py::make_tuple(end.log_likelihood, end.times, end.collapsed));
    facts["ends"] = ends;
    facts["restart"] = model.restart;
    facts["n_threads"] = model.n_threads;
    return py::make_tuple(std::move(model), facts);
}

void register_model(py::module_& module) {
    py::class_<Model>(module, "Model")
        .def(py::init(&model_of), py::arg("weights"), py::arg("means"), py::arg("covariances"),
             py::arg("covariance_type"), py::arg("posterior") = py::none(), py::arg("noise") = py::none())
        .def_property_readonly("noise", noise_of)
        .def_property_readonly("posterior", posterior_of)
        .def_property_readonly("weights",
                               [](const Model& m) { return frozen(m.parameters.weights, {m.parameters.n_components}); })
        .def_property_readonly("means",
                               [](const Model& m) {
                                   return frozen(m.parameters.means,
                                                 {m.parameters.n_components, m.parameters.n_features});
                               })
        .def_property_readonly("covariances",
                               [](const Model& m) { return shaped_as_covariances(m, m.parameters.covariances); })
        .def_property_readonly("precisions_cholesky",
                               [](const Model& m) {
                                   return shaped_as_covariances(
                                       m, gaussmix::precisions_cholesky(m.scorer, m.parameters.covariance_type));
                               })
        .def_property_readonly("covariance_type",
                               [](const Model& m) { return std::string(name(m.parameters.covariance_type)); })
        .def_property_readonly("n_parameters", [](const Model& m) { return n_parameters(m.parameters); })
        .def_property_readonly("variances",
                               [](const Model& m) {
                                   return frozen(variances(m.parameters),
                                                 {m.parameters.n_components, m.parameters.n_features});
                               })
        .def(
            "covariance_matrix",
            [](const Model& m, Index k, const std::vector<Index>& features) {
                const Index n = signed_size(features);
                return frozen(covariance_matrix(m.parameters, k, features), {n, n});
            },
            py::arg("k"), py::arg("features"))
        .def("score_samples", score_samples, py::arg("x"), py::arg("n_threads"))
        .def("score", score, py::arg("x"), py::arg("sample_weight").none(true), py::arg("n_threads"))
        .def("predict", predict, py::arg("x"), py::arg("n_threads"))
        .def("predict_proba", predict_proba, py::arg("x"), py::arg("n_threads"))
        .def("evidence", evidence, py::arg("x"), py::arg("sample_weight").none(true), py::arg("n_threads"))
        .def("criteria", criteria, py::arg("evidence"))
        .def("sample", sample, py::arg("n_samples"), py::arg("seed"), py::arg("n_threads"))
        .def("save", save, py::arg("path"), py::arg("status"), py::arg("n_iter"), py::arg("history"), py::arg("events"),
             py::arg("collapsed"), py::arg("feature_names"), py::arg("missing"));
    module.def("load", load, py::arg("path"));
}

}  // namespace gaussmix::bindings
