#include "capi/options.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "gaussmix/error.hpp"
#include "text/format.hpp"
#include "text/invalid.hpp"

namespace gaussmix::capi {
namespace {

constexpr double unset = std::numeric_limits<double>::quiet_NaN();

gaussmix_options defaults(const gaussmix_options*) noexcept {
    const Options core;
    gaussmix_options options{};
    options.size = sizeof(options);
    options.n_components = core.n_components;
    options.covariance_type = static_cast<std::int64_t>(core.covariance_type);
    options.init = static_cast<std::int64_t>(core.init);
    options.n_init = core.n_init;
    options.max_iter = core.max_iter;
    options.tol = core.tol;
    options.reg_covar = unset;
    options.seed = core.seed;
    options.pruning = static_cast<std::int64_t>(core.pruning);
    options.strict = core.strict ? 1 : 0;
    options.effort = static_cast<std::int64_t>(core.effort);
    options.acceleration = static_cast<std::int64_t>(core.acceleration);
    options.least_weight = core.bounds.least_weight;
    options.most_weight = core.bounds.most_weight;
    options.least_variance = core.bounds.least_variance;
    options.most_variance = core.bounds.most_variance;
    return options;
}

gaussmix_prior defaults(const gaussmix_prior*) noexcept {
    return {sizeof(gaussmix_prior), Prior{}.mean_precision, unset, nullptr, nullptr};
}

gaussmix_weight_prior defaults(const gaussmix_weight_prior*) noexcept {
    return {sizeof(gaussmix_weight_prior), WeightPrior{}.process ? 1 : 0, unset};
}

gaussmix_noise defaults(const gaussmix_noise*) noexcept { return {sizeof(gaussmix_noise), unset, unset}; }

gaussmix_select_options defaults(const gaussmix_select_options*) noexcept {
    gaussmix_select_options options{};
    options.size = sizeof(options);
    options.max_seconds = unset;
    return options;
}

gaussmix_allowed defaults(const gaussmix_allowed*) noexcept {
    return {sizeof(gaussmix_allowed), nullptr, 0, 0, nullptr};
}

gaussmix_execution defaults(const gaussmix_execution*) noexcept {
    return {sizeof(gaussmix_execution), 0, nullptr, nullptr, nullptr};
}

template <class T>
void write_defaults(T* out, std::size_t size) noexcept {
    if (out == nullptr || size < sizeof(out->size)) return;
    T values = defaults(out);
    values.size = size;
    std::memset(static_cast<void*>(out), 0, size);
    std::memcpy(static_cast<void*>(out), &values, std::min(size, sizeof(T)));
}

/// Returns the fields that the caller's header knows, and defaults for the others.
template <class T>
T completed(const T& given, const char* argument) {
    const auto refuse = [&](const char* why) { text::invalid("{}->size={} {}", argument, given.size, why); };
    if (given.size < sizeof(given.size) || given.size > 65536) refuse("is not a size: fill in the defaults first");
    const auto* bytes = reinterpret_cast<const unsigned char*>(&given);
    for (std::size_t i = sizeof(T); i < given.size; ++i) {
        if (bytes[i] != 0) refuse("has options that this gaussmix is too old for: leave them out or update it");
    }
    T result = defaults(&given);
    std::memcpy(static_cast<void*>(&result), &given, std::min(given.size, sizeof(T)));
    return result;
}

/// Returns the enumerator of that number, from 0 to `last`.
template <class Enum>
Enum enum_of(std::int64_t value, Enum last, const char* argument) {
    const auto most = static_cast<std::int64_t>(last);
    if (value < 0 || value > most) {
        text::invalid("{}={} is unknown: use 0 ... {}", argument, value, most);
    }
    return static_cast<Enum>(value);
}

template <class Enum>
constexpr bool same(int value, Enum core) {
    return value == static_cast<int>(core);
}

static_assert(same(GAUSSMIX_F16, Scalar::f16) && same(GAUSSMIX_F32, Scalar::f32) && same(GAUSSMIX_F64, Scalar::f64) &&
              same(GAUSSMIX_I8, Scalar::i8) && same(GAUSSMIX_I16, Scalar::i16) && same(GAUSSMIX_I32, Scalar::i32) &&
              same(GAUSSMIX_I64, Scalar::i64) && same(GAUSSMIX_U8, Scalar::u8) && same(GAUSSMIX_U16, Scalar::u16) &&
              same(GAUSSMIX_U32, Scalar::u32) && same(GAUSSMIX_U64, Scalar::u64));
static_assert(same(GAUSSMIX_FULL, CovarianceType::full) && same(GAUSSMIX_TIED, CovarianceType::tied) &&
              same(GAUSSMIX_DIAG, CovarianceType::diag) && same(GAUSSMIX_SPHERICAL, CovarianceType::spherical));
static_assert(same(GAUSSMIX_EII, CovarianceType::eii) && same(GAUSSMIX_EEI, CovarianceType::eei) &&
              same(GAUSSMIX_VEI, CovarianceType::vei) && same(GAUSSMIX_EVI, CovarianceType::evi) &&
              same(GAUSSMIX_VEE, CovarianceType::vee) && same(GAUSSMIX_EVE, CovarianceType::eve) &&
              same(GAUSSMIX_VVE, CovarianceType::vve) && same(GAUSSMIX_EEV, CovarianceType::eev) &&
              same(GAUSSMIX_VEV, CovarianceType::vev) && same(GAUSSMIX_EVV, CovarianceType::evv));
static_assert(same(GAUSSMIX_INIT_KMEANS, Init::kmeans) && same(GAUSSMIX_INIT_KMEANS_PLUSPLUS, Init::kmeans_plusplus) &&
              same(GAUSSMIX_INIT_RANDOM_FROM_DATA, Init::random_from_data) && same(GAUSSMIX_INIT_RANDOM, Init::random));
static_assert(same(GAUSSMIX_PRUNING_AUTO, Pruning::automatic) && same(GAUSSMIX_PRUNING_OFF, Pruning::off));
static_assert(same(GAUSSMIX_ACCELERATION_AUTO, Acceleration::automatic) &&
              same(GAUSSMIX_ACCELERATION_OFF, Acceleration::off) &&
              same(GAUSSMIX_ACCELERATION_CLASSIC, Acceleration::classic));
static_assert(same(GAUSSMIX_EFFORT_LOW, Effort::low) && same(GAUSSMIX_EFFORT_NORMAL, Effort::normal) &&
              same(GAUSSMIX_EFFORT_HIGH, Effort::high));
static_assert(same(GAUSSMIX_STATUS_RUNNING, Status::running) && same(GAUSSMIX_STATUS_CONVERGED, Status::converged) &&
              same(GAUSSMIX_STATUS_MAX_ITER, Status::max_iter) && same(GAUSSMIX_STATUS_STALLED, Status::stalled) &&
              same(GAUSSMIX_STATUS_INTERRUPTED, Status::interrupted) && same(GAUSSMIX_STATUS_GIVEN, Status::given));
static_assert(same(GAUSSMIX_ACT_JITTER, Act::jitter) && same(GAUSSMIX_ACT_FLOOR, Act::floor) &&
              same(GAUSSMIX_ACT_RESEED, Act::reseed) && same(GAUSSMIX_ACT_PRUNE, Act::prune) &&
              same(GAUSSMIX_ACT_IDENTICAL, Act::identical) && same(GAUSSMIX_ACT_CONSTANT, Act::constant) &&
              same(GAUSSMIX_ACT_APART, Act::apart));

std::vector<double> copied(const double* values, Index size) {
    if (values == nullptr || size < 1) return {};
    return {values, values + size};
}

std::vector<Index> components_of(const std::int64_t* components, std::int64_t n, const char* argument) {
    if (n < 0 || (n > 0 && components == nullptr)) {
        text::invalid("{} has n_{}={} components, and the pointer is {}: give as many as there are", argument, argument,
                      n, components == nullptr ? "null" : "not null");
    }
    return n == 0 ? std::vector<Index>() : std::vector<Index>(components, components + n);
}

Prior prior_of(const gaussmix_prior& given, CovarianceType family, Index n_features) {
    const gaussmix_prior whole = completed(given, "prior");
    Prior prior;
    prior.mean = copied(whole.mean, n_features);
    prior.mean_precision = whole.mean_precision;
    if (!std::isnan(whole.degrees_of_freedom)) prior.degrees_of_freedom = whole.degrees_of_freedom;
    prior.covariance = copied(whole.covariance, covariances_size(family, 1, n_features));
    return prior;
}

WeightPrior weight_prior_of(const gaussmix_weight_prior& given) {
    const gaussmix_weight_prior whole = completed(given, "variational");
    WeightPrior prior;
    prior.process = whole.process != 0;
    if (!std::isnan(whole.concentration)) prior.concentration = whole.concentration;
    return prior;
}

NoiseOptions noise_of(const gaussmix_noise& given) {
    const gaussmix_noise whole = completed(given, "noise");
    NoiseOptions noise;
    if (!std::isnan(whole.weight)) noise.weight = whole.weight;
    if (!std::isnan(whole.log_volume)) noise.log_volume = whole.log_volume;
    return noise;
}

}  // namespace

CovarianceType family_of(std::int64_t covariance_type) {
    const auto family = static_cast<CovarianceType>(covariance_type);
    if (static_cast<std::int64_t>(family) == covariance_type && name(family) != "unknown") return family;
    throw Error(
        Errc::invalid_argument,
        text::format("covariance_type={} is unknown: use GAUSSMIX_FULL or another of its family", covariance_type));
}

Index covariances_size(CovarianceType family, Index n_components, Index n_features) {
    return product(covariances_shape(family, n_components, n_features));
}

Index product(const std::vector<Index>& extents) {
    constexpr double most = 1LL << 53;  // up to here doubles count exactly
    double size = 1;
    for (const Index extent : extents) size *= static_cast<double>(extent);
    if (size > most) throw OutOfMemory("n_components and n_features ask for more numbers than any memory holds");
    return static_cast<Index>(size);
}

Index numbers(Index n_rows, Index width) {
    return n_rows > 0 && n_rows <= std::numeric_limits<Index>::max() / width ? n_rows * width : 0;
}

MatrixView view_of(const gaussmix_matrix* x, const char* argument) {
    const gaussmix_matrix& given = required(x, argument);
    const bool has_missing = given.scalar >= GAUSSMIX_MISSING;
    return {given.data,
            enum_of(given.scalar - (has_missing ? GAUSSMIX_MISSING : 0), Scalar::u64, "scalar"),
            given.n_rows,
            given.n_features,
            static_cast<std::ptrdiff_t>(given.row_stride),
            static_cast<std::ptrdiff_t>(given.feature_stride),
            has_missing ? Missing::em : Missing::error};
}

Execution execution_of(const gaussmix_execution* execution) {
    if (execution == nullptr) return {};
    const gaussmix_execution given = completed(*execution, "execution");
    if (given.n_threads < 0 || given.n_threads > std::numeric_limits<int>::max()) {
        text::invalid("n_threads={} must be 0 for the default, or 1 ... 4096", given.n_threads);
    }
    Execution result;
    result.n_threads = static_cast<int>(given.n_threads);
    if (given.instruction_set != nullptr) result.instruction_set = given.instruction_set;
    if (given.poll != nullptr) {
        result.poll = [poll = given.poll, data = given.poll_data] { return poll(data) == 0; };
    }
    return result;
}

gaussmix_options whole(const gaussmix_options* given) { return completed(required(given, "options"), "options"); }

gaussmix_select_options whole(const gaussmix_select_options* given) {
    return completed(required(given, "options"), "options");
}

Options options_of(const gaussmix_options& given, Index n_features) {
    Options options;
    options.n_components = given.n_components;
    options.covariance_type = family_of(given.covariance_type);
    options.init = enum_of(given.init, Init::random, "init");
    options.n_init = given.n_init;
    options.max_iter = given.max_iter;
    options.tol = given.tol;
    if (!std::isnan(given.reg_covar)) options.reg_covar = given.reg_covar;
    options.seed = given.seed;
    options.pruning = enum_of(given.pruning, Pruning::off, "pruning");
    options.effort = enum_of(given.effort, Effort::high, "effort");
    options.acceleration = enum_of(given.acceleration, Acceleration::classic, "acceleration");
    options.strict = given.strict != 0;
    if (given.prior != nullptr) options.prior = prior_of(*given.prior, options.covariance_type, n_features);
    if (given.variational != nullptr) options.variational = weight_prior_of(*given.variational);
    if (given.noise != nullptr) options.noise = noise_of(*given.noise);
    options.fixed.weights = components_of(given.fixed_weights, given.n_fixed_weights, "fixed_weights");
    options.fixed.means = components_of(given.fixed_means, given.n_fixed_means, "fixed_means");
    options.fixed.covariances = components_of(given.fixed_covariances, given.n_fixed_covariances, "fixed_covariances");
    options.bounds = {given.least_weight, given.most_weight, given.least_variance, given.most_variance};
    return options;
}

AllowedView allowed_of(const gaussmix_allowed* given, Index n_rows) {
    if (given == nullptr) return {};
    const gaussmix_allowed whole = completed(*given, "allowed");
    if (whole.sets == nullptr) text::invalid("allowed has no sets: the pointer is null");
    return {whole.sets, whole.n_sets, whole.n_terms, whole.set_of, n_rows};
}

Start start_of(const gaussmix_options& given, Index n_rows) {
    const int n_starts = (given.start_labels != nullptr ? 1 : 0) + (given.start_responsibilities != nullptr ? 1 : 0) +
                         (given.start_model != nullptr ? 1 : 0);
    if (n_starts > 1) {
        throw Error(
            Errc::invalid_argument,
            "start_labels, start_responsibilities, start_model: more than one is given, set the others to NULL");
    }
    if (given.start_labels != nullptr) return Labels{given.start_labels, n_rows};
    if (given.start_responsibilities != nullptr) {
        return Responsibilities{view_of(given.start_responsibilities, "start_responsibilities")};
    }
    if (given.start_model == nullptr) return {};
    const Model& model = given.start_model->model;
    if (given.variational != nullptr && model.posterior) return Inferred{model.parameters, *model.posterior};
    return model.parameters;
}

OnIteration observer_of(const gaussmix_options& given) {
    if (given.on_iteration == nullptr) return {};
    return [observe = given.on_iteration, data = given.on_iteration_data](const Progress& progress) {
        const gaussmix_progress seen{progress.restart, progress.iteration, progress.log_likelihood, progress.change};
        return observe(&seen, data) == 0;
    };
}

}  // namespace gaussmix::capi

using gaussmix::capi::write_defaults;

void gaussmix_options_init(gaussmix_options* options, size_t size) { write_defaults(options, size); }

void gaussmix_prior_init(gaussmix_prior* prior, size_t size) { write_defaults(prior, size); }

void gaussmix_weight_prior_init(gaussmix_weight_prior* prior, size_t size) { write_defaults(prior, size); }

void gaussmix_noise_init(gaussmix_noise* noise, size_t size) { write_defaults(noise, size); }

void gaussmix_select_options_init(gaussmix_select_options* options, size_t size) { write_defaults(options, size); }

void gaussmix_execution_init(gaussmix_execution* execution, size_t size) { write_defaults(execution, size); }
