/// Models: made, asked, saved and loaded.
#include <memory>
#include <string>
#include <utility>

#include "capi/options.hpp"
#include "gaussmix/error.hpp"

using namespace gaussmix;
using namespace gaussmix::capi;

namespace {

std::int64_t size_of(const std::vector<double>& values) { return static_cast<std::int64_t>(values.size()); }

template <class Get>
auto asked(const gaussmix_model* model, Get get) noexcept -> decltype(get(*model)) {
    if (model == nullptr) return {};
    return get(*model);
}

/// A part of the posterior; empty where there is none.
const std::vector<double>& posterior(const gaussmix_model* model, std::vector<double> Posterior::* part) noexcept {
    static const std::vector<double> none;
    return model != nullptr && model->fit.posterior ? (*model->fit.posterior).*part : none;
}

Index checked(std::int64_t value, const char* argument) {
    if (value < 1)
        throw Error(Errc::invalid_argument, argument + ("=" + std::to_string(value)) + " must be at least 1");
    return value;
}

}  // namespace

int32_t gaussmix_model_create(int64_t covariance_type, int64_t n_components, int64_t n_features, const double* weights,
                              const double* means, const double* covariances, gaussmix_model** model,
                              gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_model*& out = required(model, "model");
        Parameters given;
        given.family = family_of(covariance_type);
        given.n_components = checked(n_components, "n_components");
        given.n_features = checked(n_features, "n_features");
        const Index n_means = product({n_components, n_features});
        const Index n_covariances = covariances_size(given.family, n_components, n_features);
        given.weights.assign(&required(weights, "weights"), weights + n_components);
        given.means.assign(&required(means, "means"), means + n_means);
        given.covariances.assign(&required(covariances, "covariances"), covariances + n_covariances);
        given = symmetrised(std::move(given));
        auto made = std::make_unique<gaussmix_model>();
        made->fit.scorer = prepare(given);
        made->fit.parameters = std::move(given);
        made->fit.status = Status::given;
        out = made.release();
    });
}

void gaussmix_model_free(gaussmix_model* model) { delete model; }

int64_t gaussmix_model_n_components(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.fit.parameters.n_components; });
}

int64_t gaussmix_model_n_features(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.fit.parameters.n_features; });
}

int64_t gaussmix_model_covariance_type(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return static_cast<std::int64_t>(m.fit.parameters.family); });
}

int64_t gaussmix_model_n_parameters(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return n_parameters(m.fit.parameters); });
}

const double* gaussmix_model_weights(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.fit.parameters.weights.data(); });
}

const double* gaussmix_model_means(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.fit.parameters.means.data(); });
}

const double* gaussmix_model_covariances(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.fit.parameters.covariances.data(); });
}

int64_t gaussmix_model_covariances_size(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return size_of(m.fit.parameters.covariances); });
}

int64_t gaussmix_model_status(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return static_cast<std::int64_t>(m.fit.status); });
}

int64_t gaussmix_model_n_iter(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.fit.n_iter; });
}

int64_t gaussmix_model_restart(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.fit.restart; });
}

const double* gaussmix_model_history(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.fit.history.data(); });
}

int64_t gaussmix_model_history_size(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return size_of(m.fit.history); });
}

int64_t gaussmix_model_n_events(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return static_cast<std::int64_t>(m.fit.events.size()); });
}

int32_t gaussmix_model_event(const gaussmix_model* model, int64_t i, gaussmix_event* event, gaussmix_error* error) {
    return guarded(error, [&] {
        const std::vector<Event>& events = required(model, "model").fit.events;
        gaussmix_event& out = required(event, "event");
        if (i < 0 || static_cast<std::size_t>(i) >= events.size()) {
            throw Error(Errc::invalid_argument, "i=" + std::to_string(i) +
                                                    " must be at least 0 and less than the number of events, " +
                                                    std::to_string(events.size()));
        }
        const Event& found = events[static_cast<std::size_t>(i)];
        out = {found.iteration, found.component, static_cast<std::int64_t>(found.act)};
    });
}

const int64_t* gaussmix_model_collapsed(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return m.fit.collapsed.data(); });
}

int64_t gaussmix_model_n_collapsed(const gaussmix_model* model) {
    return asked(model, [](const gaussmix_model& m) { return static_cast<std::int64_t>(m.fit.collapsed.size()); });
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

const char* gaussmix_model_feature_name(const gaussmix_model* model, int64_t j) {
    return asked(model, [j](const gaussmix_model& m) -> const char* {
        if (j < 0 || static_cast<std::size_t>(j) >= m.feature_names.size()) return nullptr;
        return m.feature_names[static_cast<std::size_t>(j)].c_str();
    });
}

int32_t gaussmix_model_set_feature_names(gaussmix_model* model, const char* const* names, gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_model& named = required(model, "model");
        std::vector<std::string> given;
        for (Index j = 0; names != nullptr && j < named.fit.parameters.n_features; ++j) {
            given.emplace_back(&required(names[j], "a feature name"));
        }
        named.feature_names = std::move(given);
    });
}

int32_t gaussmix_save(const gaussmix_model* model, const char* path, gaussmix_error* error) {
    return guarded(error, [&] {
        const gaussmix_model& kept = required(model, "model");
        save(saved_model(kept.fit, kept.feature_names), &required(path, "path"));
    });
}

int32_t gaussmix_load(const char* path, gaussmix_model** model, gaussmix_error* error) {
    return guarded(error, [&] {
        gaussmix_model*& out = required(model, "model");
        SavedModel saved = load(&required(path, "path"));
        auto made = std::make_unique<gaussmix_model>();
        made->fit.scorer = prepare(saved);
        made->fit.parameters = std::move(saved.parameters);
        made->fit.posterior = std::move(saved.posterior);
        made->fit.status = saved.status;
        made->fit.n_iter = saved.n_iter;
        made->fit.history = std::move(saved.history);
        made->fit.events = std::move(saved.events);
        made->fit.collapsed = std::move(saved.collapsed);
        made->feature_names = std::move(saved.feature_names);
        out = made.release();
    });
}
