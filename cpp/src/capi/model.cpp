/// Models: made, read, saved and loaded.
#include <string>
#include <utility>

#include "capi/options.hpp"
#include "text/invalid.hpp"

using namespace gaussmix;
using namespace gaussmix::capi;

namespace {

std::int64_t size_of(const std::vector<double>& values) { return signed_size(values); }

template <class Get>
auto asked(const gaussmix_model* model, Get get) noexcept -> decltype(get(*model)) {
    if (model == nullptr) return {};
    return get(*model);
}

/// Returns a part of the posterior; empty if there is none.
const std::vector<double>& posterior(const gaussmix_model* model, std::vector<double> Posterior::* part) noexcept {
    static const std::vector<double> none;
    return model != nullptr && model->model.posterior ? (*model->model.posterior).*part : none;
}

Index checked(std::int64_t value, const char* argument) {
    if (value < 1) text::invalid("{}={} must be at least 1", argument, value);
    return value;
}

/// Returns an item by its number, counted from 0.
template <class Item>
const Item& numbered(const std::vector<Item>& items, std::int64_t i, const char* what) {
    if (i >= 0 && i < signed_size(items)) return items[i];
    text::invalid("i={} must be at least 0 and less than the number of {}, {}", i, what, items.size());
}

}  // namespace

int32_t gaussmix_model_create(int64_t covariance_type, int64_t n_components, int64_t n_features, const double* weights,
                              const double* means, const double* covariances, gaussmix_model** model,
                              gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_model*& out = required(model, "model");
        Parameters given;
        given.covariance_type = family_of(covariance_type);
        given.n_components = checked(n_components, "n_components");
        given.n_features = checked(n_features, "n_features");
        const Index n_means = product({n_components, n_features});
        const Index n_covariances = covariances_size(given.covariance_type, n_components, n_features);
        given.weights.assign(&required(weights, "weights"), weights + n_components);
        given.means.assign(&required(means, "means"), means + n_means);
        given.covariances.assign(&required(covariances, "covariances"), covariances + n_covariances);
        out = new gaussmix_model{make_model(std::move(given))};
    });
}

void gaussmix_model_free(gaussmix_model* model) { delete model; }

int64_t gaussmix_model_n_components(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.model.parameters.n_components; });
}

int64_t gaussmix_model_n_features(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.model.parameters.n_features; });
}

int64_t gaussmix_model_covariance_type(const gaussmix_model* model) {
    return asked(model,
                 [](const gaussmix_model& m) { return static_cast<std::int64_t>(m.model.parameters.covariance_type); });
}

int64_t gaussmix_model_n_parameters(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return n_parameters(m.model.parameters); });
}

int64_t gaussmix_model_n_terms(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.model.scorer.n_terms(); });
}

double gaussmix_model_noise_weight(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.model.parameters.noise.value_or(Noise{0, 0}).weight; });
}

double gaussmix_model_noise_log_volume(const gaussmix_model* model) {
    return asked(model,
                 [](const gaussmix_model& m) { return m.model.parameters.noise.value_or(Noise{0, 0}).log_volume; });
}

int32_t gaussmix_model_set_noise(gaussmix_model* model, double weight, double log_volume, gaussmix_error* error) {
    return guarded(error, [&] {
        Model& changed = required(model, "model").model;
        if (changed.posterior) {
            text::invalid("a model with a posterior has no background: make one of parameters");
        }
        Parameters parameters = changed.parameters;
        const double before = parameters.noise ? parameters.noise->weight : 0;
        for (double& share : parameters.weights) share *= before < 1 ? (1 - weight) / (1 - before) : 0;
        parameters.noise = Noise{weight, log_volume};
        Model made = make_model(std::move(parameters));
        changed.parameters = std::move(made.parameters);
        changed.scorer = std::move(made.scorer);
    });
}

const double* gaussmix_model_weights(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.model.parameters.weights.data(); });
}

const double* gaussmix_model_means(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.model.parameters.means.data(); });
}

const double* gaussmix_model_covariances(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.model.parameters.covariances.data(); });
}

int64_t gaussmix_model_covariances_size(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return size_of(m.model.parameters.covariances); });
}

int64_t gaussmix_model_status(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return static_cast<std::int64_t>(m.model.status); });
}

int64_t gaussmix_model_n_iter(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.model.n_iter; });
}

int64_t gaussmix_model_restart(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.model.restart; });
}

const double* gaussmix_model_history(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.model.history.data(); });
}

int64_t gaussmix_model_history_size(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return size_of(m.model.history); });
}

int64_t gaussmix_model_n_events(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return signed_size(m.model.events); });
}

int32_t gaussmix_model_event(const gaussmix_model* model, int64_t i, gaussmix_event* event, gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_event& out = required(event, "event");
        const Event& found = numbered(required(model, "model").model.events, i, "events");
        out = {found.iteration, found.component, static_cast<std::int64_t>(found.act)};
    });
}

int64_t gaussmix_model_n_ends(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return signed_size(m.model.ends); });
}

int32_t gaussmix_model_end(const gaussmix_model* model, int64_t i, gaussmix_end* end, gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_end& out = required(end, "end");
        const End& found = numbered(required(model, "model").model.ends, i, "ends");
        out = {found.log_likelihood, found.times, found.collapsed ? 1 : 0};
    });
}

const int64_t* gaussmix_model_collapsed(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.model.collapsed.data(); });
}

int64_t gaussmix_model_n_collapsed(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return signed_size(m.model.collapsed); });
}

const double* gaussmix_model_concentration(const gaussmix_model* model) {
    return posterior(model, &Posterior::concentration).data();
}

int64_t gaussmix_model_concentration_size(const gaussmix_model* model) {
    return size_of(posterior(model, &Posterior::concentration));
}

const double* gaussmix_model_mean_precision(const gaussmix_model* model) {
    return posterior(model, &Posterior::mean_precision).data();
}

const double* gaussmix_model_degrees_of_freedom(const gaussmix_model* model) {
    return posterior(model, &Posterior::degrees_of_freedom).data();
}

int64_t gaussmix_model_missing(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) -> int64_t { return m.model.missing == Missing::em ? 1 : 0; });
}

const char* gaussmix_model_feature_name(const gaussmix_model* model, int64_t j) {
    return asked(model, [j](const gaussmix_model& m) -> const char* {
        if (j < 0 || j >= signed_size(m.model.feature_names)) return nullptr;
        return m.model.feature_names[j].c_str();
    });
}

int32_t gaussmix_model_set_feature_names(gaussmix_model* model, const char* const* names, gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_model& named = required(model, "model");
        std::vector<std::string> given;
        for (Index j = 0; names != nullptr && j < named.model.parameters.n_features; ++j) {
            given.emplace_back(&required(names[j], "a feature name"));
        }
        named.model.feature_names = std::move(given);
    });
}

int32_t gaussmix_save(const gaussmix_model* model, const char* path, gaussmix_error* error) {
    return guarded(error, [&] { save(required(model, "model").model, &required(path, "path")); });
}

int32_t gaussmix_load(const char* path, gaussmix_model** model, gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_model*& out = required(model, "model");
        out = new gaussmix_model{load(&required(path, "path"))};
    });
}
