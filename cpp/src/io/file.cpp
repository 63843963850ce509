/// Model files: what the metadata and the arrays of a safetensors file mean to gaussmix.
///
/// Format 1. Metadata: format, format_version, covariance_type; and, each optional, gaussmix_version, status, n_iter,
/// events (JSON: [[iteration, component, act], ...]), collapsed (JSON: [component, ...]), feature_names (JSON:
/// [name, ...]) and missing ("em": it was fitted around missing values); other keys mean nothing.
/// Arrays (float64): weights (K,), means (K, d), covariances in the shape of the family; optional: history (n,).
///
/// Format 2 is format 1 with the posterior of variational Bayes, without which rows get other scores: the arrays
/// weight_concentration, (K,) or under a Dirichlet process (2, K), mean_precision (K,) and degrees_of_freedom (K,).
/// A model without one is written in format 1, which every version reads.
///
/// Format 3 is format 1 with a background, the array noise: its weight and the logarithm of its volume, (2,). Format 4
/// adds where that background lies, the array noise_box, (2, d): the middle of a box along the features, and the
/// logarithms of its widths. Without it the background is written in format 3.
#include "gaussmix/file.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "gaussmix/error.hpp"
#include "io/json.hpp"
#include "io/safetensors.hpp"
#include "text/enumerator.hpp"
#include "text/format.hpp"
#include "text/invalid.hpp"

namespace gaussmix {
namespace {

using model::excerpt;
using model::JsonReader;
using model::Metadata;
using model::SafetensorsReader;

constexpr std::string_view format = "gaussmix";
constexpr std::string_view format_of_parameters = "1";
constexpr std::string_view format_of_posterior = "2";
constexpr std::string_view format_of_noise = "3";
constexpr std::string_view format_of_box = "4";
constexpr char missing_by_em[] = "em";

[[noreturn]] void refuse(const std::string& what) { throw Error(Errc::bad_file, what); }

std::string show(const std::vector<Index>& shape) {
    std::string out = "(";
    for (const Index extent : shape) out += text::format(out.size() > 1 ? ", {}" : "{}", extent);
    return out + ")";
}

/// Returns the name. Throws unless it is short and plain: anything else would spoil the error that quotes it.
std::string plain(const std::string& text) {
    if (excerpt(text) != "'" + text + "'") refuse(text::format("a name in its metadata is {}", excerpt(text)));
    return text;
}

/// Checks what `save` and `load` both guarantee for everything but the parameters, which `validate` checks.
void validate_facts(const Model& model) {
    const auto check = [](bool good, const char* message) {
        if (!good) text::invalid("{}", message);
    };
    check(model.n_iter >= 0, "n_iter is negative");
    text::check_enumerator(model.status, Status::given, "status");
    text::check_enumerator(model.missing, Missing::em, "missing");
    for (const double value : model.history) {
        check(!std::isnan(value) && value < HUGE_VAL, "history has NaN or plus infinity");
    }
    for (const Event& event : model.events) {
        text::check_enumerator(event.act, Act::apart, "act");
        check(event.iteration >= 0, "an event has a negative iteration");
        const bool is_of_feature = event.act == Act::constant || event.act == Act::apart;
        const Index n = is_of_feature ? model.parameters.n_features : model.parameters.n_components;
        check(event.component >= 0 && event.component < n,
              is_of_feature ? "an event names a feature that the model does not have"
                            : "an event names a component that the model does not have");
    }
    for (std::size_t i = 0; i < model.collapsed.size(); ++i) {
        const Index k = model.collapsed[i];
        check(k >= 0 && k < model.parameters.n_components, "a collapsed component is none of the model's");
        check(i == 0 || k > model.collapsed[i - 1], "the collapsed components are not in order");
    }
    check(model.feature_names.empty() || signed_size(model.feature_names) == model.parameters.n_features,
          "there is not one feature name a feature");
    for (const std::string& feature : model.feature_names) {
        check(model::is_utf8(feature), "a feature name is not valid UTF-8: encode it so");
    }
}

std::string names_to_json(const std::vector<std::string>& names) {
    std::string out = "[";
    for (const std::string& name : names) out += (out.size() > 1 ? "," : "") + model::json_string(name);
    return out + "]";
}

std::string events_to_json(const std::vector<Event>& events) {
    std::string out = "[";
    for (const Event& event : events) {
        out += text::format(out.size() > 1 ? ",[{},{},{}]" : "[{},{},{}]", event.iteration, event.component,
                            model::json_string(name(event.act)));
    }
    return out + "]";
}

std::string numbers_to_json(const std::vector<Index>& numbers) {
    std::string out = "[";
    for (const Index number : numbers) out += text::format(out.size() > 1 ? ",{}" : "{}", number);
    return out + "]";
}

std::vector<std::string> names_from_json(const std::string& text, Index most) {
    std::vector<std::string> names;
    JsonReader json(text, "'feature_names'");
    json.array([&] {
        if (signed_size(names) == most) json.fail("more feature names than features");
        names.push_back(json.string());
    });
    json.end();
    return names;
}

std::vector<Event> events_from_json(const std::string& text) {
    std::vector<Event> events;
    JsonReader json(text, "'events'");
    json.array([&] {
        Event event;
        int place = 0;
        json.array([&] {
            switch (place++) {
                case 0: event.iteration = json.whole_number(); break;
                case 1: event.component = json.whole_number(); break;
                case 2: event.act = act_from_name(plain(json.string())); break;
                default: json.fail("an event has more than three entries");
            }
        });
        if (place != 3) json.fail("an event has fewer than three entries");
        events.push_back(event);
    });
    json.end();
    return events;
}

std::vector<Index> collapsed_from_json(const std::string& text) {
    std::vector<Index> components;
    JsonReader json(text, "'collapsed'");
    json.array([&] { components.push_back(json.whole_number()); });
    json.end();
    return components;
}

Index n_iter_from(const std::string& text) {
    JsonReader json(text, "'n_iter'");
    const Index count = json.whole_number();
    json.end();
    return count;
}

Missing missing_from(const std::string& text) {
    if (text != missing_by_em) refuse(text::format("missing values are {}: it must be 'em'", excerpt(text)));
    return Missing::em;
}

const std::string* find(const Metadata& metadata, const std::string& key) {
    const auto entry = metadata.find(key);
    return entry == metadata.end() ? nullptr : &entry->second;
}

const std::string& required(const Metadata& metadata, const std::string& key) {
    const std::string* const value = find(metadata, key);
    if (value == nullptr) refuse(text::format("its metadata lack '{}'", key));
    return *value;
}

/// What a format has besides the parameters of components.
enum class Extra { none, posterior, noise, box };

/// Returns what the file holds. Throws for safetensors files of other programs and for formats of later versions.
Extra check_format(const Metadata& metadata) {
    const std::string* const found = find(metadata, "format");
    if (found == nullptr || *found != format) refuse("it is a safetensors file that holds something else");
    const std::string& version = required(metadata, "format_version");
    if (version == format_of_parameters) return Extra::none;
    if (version == format_of_posterior) return Extra::posterior;
    if (version == format_of_noise) return Extra::noise;
    if (version == format_of_box) return Extra::box;
    const std::string* const writer = find(metadata, "gaussmix_version");
    refuse(text::format(
        "it has the format version {}, written by gaussmix {}; this is gaussmix {}, which reads the format versions 1 "
        "to 4: use a newer gaussmix",
        excerpt(version), writer == nullptr ? "of an unknown version" : excerpt(*writer), GAUSSMIX_VERSION));
}

void check_shape(const SafetensorsReader& file, const std::string& name, const std::vector<Index>& expected) {
    const std::vector<Index>& shape = file.tensors().at(name).shape;
    if (shape != expected)
        refuse(text::format("'{}' has the shape {}, expected {}", name, show(shape), show(expected)));
}

/// Throws unless the arrays are those of the format.
void check_names(const SafetensorsReader& file, Extra extra) {
    std::vector<std::string> names = {"weights", "means", "covariances"};
    if (extra == Extra::posterior) {
        names.insert(names.end(), {"weight_concentration", "mean_precision", "degrees_of_freedom"});
    }
    if (extra == Extra::noise || extra == Extra::box) names.emplace_back("noise");
    if (extra == Extra::box) names.emplace_back("noise_box");
    for (const std::string& name : names) {
        if (file.tensors().count(name) == 0) refuse(text::format("the array '{}' is missing", name));
    }
    names.emplace_back("history");
    for (const auto& entry : file.tensors()) {
        if (std::find(names.begin(), names.end(), entry.first) == names.end()) {
            refuse(text::format("it has an unknown array {}", excerpt(entry.first)));
        }
    }
}

/// Reads the parameters, whose sizes come from the shapes before any array is read.
void read_parameters(SafetensorsReader& file, Parameters& out) {
    const std::vector<Index>& means_shape = file.tensors().at("means").shape;
    if (means_shape.size() != 2) refuse(text::format("'means' has the shape {}, expected (K, d)", show(means_shape)));
    out.n_components = means_shape[0];
    out.n_features = means_shape[1];
    check_shape(file, "weights", {out.n_components});
    check_shape(file, "covariances", covariances_shape(out.covariance_type, out.n_components, out.n_features));
    out.weights = file.read("weights");
    out.means = file.read("means");
    out.covariances = file.read("covariances");
}

Posterior read_posterior(SafetensorsReader& file, Index n_components) {
    const bool process = file.tensors().at("weight_concentration").shape.size() == 2;
    check_shape(file, "weight_concentration",
                process ? std::vector<Index>{2, n_components} : std::vector<Index>{n_components});
    for (const char* const name : {"mean_precision", "degrees_of_freedom"}) check_shape(file, name, {n_components});
    return {file.read("weight_concentration"), file.read("mean_precision"), file.read("degrees_of_freedom")};
}

Noise read_noise(SafetensorsReader& file, Index n_features, Extra extra) {
    check_shape(file, "noise", {2});
    const std::vector<double> numbers = file.read("noise");
    Noise noise{numbers[0], numbers[1]};
    if (extra == Extra::noise) return noise;
    check_shape(file, "noise_box", {2, n_features});
    const std::vector<double> box = file.read("noise_box");
    noise.box.middle.assign(box.begin(), box.begin() + n_features);
    noise.box.log_widths.assign(box.begin() + n_features, box.end());
    return noise;
}

Model read_model(SafetensorsReader& file) {
    const Metadata& metadata = file.metadata();
    const Extra extra = check_format(metadata);
    check_names(file, extra);
    Model model;
    model.parameters.covariance_type = covariance_type_from_name(plain(required(metadata, "covariance_type")));
    read_parameters(file, model.parameters);
    if (extra == Extra::noise || extra == Extra::box) {
        model.parameters.noise = read_noise(file, model.parameters.n_features, extra);
    }
    model.parameters = symmetrised(std::move(model.parameters));
    validate(model.parameters);
    if (extra == Extra::posterior) {
        model.posterior = read_posterior(file, model.parameters.n_components);
        validate(*model.posterior, model.parameters);
    }

    if (file.tensors().count("history") != 0) {
        model.history = file.read("history");
        check_shape(file, "history", {signed_size(model.history)});
    }
    if (const auto* text = find(metadata, "status")) model.status = status_from_name(plain(*text));
    if (const auto* text = find(metadata, "n_iter")) model.n_iter = n_iter_from(*text);
    if (const auto* text = find(metadata, "events")) model.events = events_from_json(*text);
    if (const auto* text = find(metadata, "collapsed")) model.collapsed = collapsed_from_json(*text);
    if (const auto* text = find(metadata, "missing")) model.missing = missing_from(*text);
    if (const auto* text = find(metadata, "feature_names")) {
        model.feature_names = names_from_json(*text, model.parameters.n_features);
    }
    validate_facts(model);
    return model;
}

}  // namespace

void save(const Model& model, const std::string& path) {
    const Parameters& parameters = model.parameters;
    validate(parameters);
    if (model.posterior) validate(*model.posterior, parameters);
    validate_facts(model);

    const std::optional<Noise>& background = parameters.noise;
    const bool has_box = background && background->box.known();
    Metadata metadata = {
        {"format", std::string(format)},
        {"format_version", std::string(model.posterior ? format_of_posterior
                                       : has_box       ? format_of_box
                                       : background    ? format_of_noise
                                                       : format_of_parameters)},
        {"gaussmix_version", GAUSSMIX_VERSION},
        {"covariance_type", std::string(name(parameters.covariance_type))},
        {"status", std::string(name(model.status))},
        {"n_iter", text::format("{}", model.n_iter)},
        {"events", events_to_json(model.events)},
    };
    if (!model.collapsed.empty()) metadata["collapsed"] = numbers_to_json(model.collapsed);
    if (model.missing == Missing::em) metadata["missing"] = missing_by_em;
    if (!model.feature_names.empty()) metadata["feature_names"] = names_to_json(model.feature_names);

    const Index k = parameters.n_components;
    const Index d = parameters.n_features;
    std::vector<model::NewTensor> arrays = {
        {"weights", {k}, &parameters.weights},
        {"means", {k, d}, &parameters.means},
        {"covariances", covariances_shape(parameters.covariance_type, k, d), &parameters.covariances},
        {"history", {signed_size(model.history)}, &model.history}};
    std::vector<double> noise;
    if (background) {
        noise = {background->weight, background->log_volume};
        arrays.push_back({"noise", {2}, &noise});
    }
    std::vector<double> box;
    if (has_box) {
        box = background->box.middle;
        box.insert(box.end(), background->box.log_widths.begin(), background->box.log_widths.end());
        arrays.push_back({"noise_box", {2, d}, &box});
    }
    if (model.posterior) {
        const std::vector<double>& concentration = model.posterior->concentration;
        const bool process = signed_size(concentration) != k;
        arrays.push_back(
            {"weight_concentration", process ? std::vector<Index>{2, k} : std::vector<Index>{k}, &concentration});
        arrays.push_back({"mean_precision", {k}, &model.posterior->mean_precision});
        arrays.push_back({"degrees_of_freedom", {k}, &model.posterior->degrees_of_freedom});
    }
    model::write_safetensors(path, metadata, arrays);
}

Model load(const std::string& path, const Execution& execution) {
    try {
        SafetensorsReader file(path);
        Model model = read_model(file);
        model.scorer = model.posterior ? prepare(model.parameters, *model.posterior, execution)
                                       : prepare(model.parameters, execution);
        return model;
    } catch (const Error& error) {
        if (error.code() == Errc::io || error.code() == Errc::interrupted) throw;
        throw Error(Errc::bad_file, text::format("{} is not a usable gaussmix model: {}", path, error.what()));
    }
}

}  // namespace gaussmix
