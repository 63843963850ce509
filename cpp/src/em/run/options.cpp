/// The checks of options that every fit begins with.
#include "em/run/options.hpp"

#include <cmath>
#include <string>

#include "em/mstep/known.hpp"
#include "families/family.hpp"
#include "gaussmix/error.hpp"
#include "parallel/limits.hpp"
#include "text/enumerator.hpp"
#include "text/format.hpp"
#include "text/invalid.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::em {
namespace {

void check_noise(const Options& options) {
    const auto& [weight, log_volume, constant, box] = *options.noise;
    if (options.variational) {
        text::invalid(
            "noise is not part of variational Bayes, whose weights have a prior for components alone: leave noise out, "
            "or fit with a prior, which gives maximum a posteriori estimates");
    }
    if (weight && !(*weight > 0 && *weight < 1)) {
        text::invalid("noise.weight={} must be more than 0 and less than 1", *weight);
    }
    if (log_volume && !std::isfinite(*log_volume)) text::invalid("noise.log_volume={} must be finite", *log_volume);
    if (box.known() || !box.middle.empty()) {
        families::check_box(box, std::max(signed_size(box.middle), signed_size(box.log_widths)), log_volume);
    }
}

}  // namespace

void check(const Options& options) {
    families::get(options.covariance_type);
    text::check_enumerator(options.init, Init::random, "init");
    text::check_enumerator(options.pruning, Pruning::off, "pruning");
    const auto at_least_one = [](const char* what, Index value) {
        if (value < 1) text::invalid("{}={} must be at least 1", what, value);
    };
    at_least_one("n_components", options.n_components);
    at_least_one("n_init", options.n_init);
    if (options.max_iter < 0) text::invalid("max_iter={} must not be negative", options.max_iter);
    if (!std::isfinite(options.tol) || options.tol < 0) {
        text::invalid("tol={} must be zero or a positive finite number", options.tol);
    }
    if (options.reg_covar && (!std::isfinite(*options.reg_covar) || *options.reg_covar < 0)) {
        text::invalid("reg_covar={} must be zero or a positive finite number", *options.reg_covar);
    }
    if (options.noise) check_noise(options);
    check_known(options);
}

void check_size(const Options& options, Index n_features) {
    constexpr double copies = 2;  // at least: the parameters, and the scorer or the moments
    const families::Family& family = families::get(options.covariance_type);
    double numbers = static_cast<double>(options.n_components) * static_cast<double>(n_features + 1);
    double covariances = 1;
    for (const Index length : family.shape(options.n_components, n_features)) {
        covariances *= static_cast<double>(length);
    }
    numbers += covariances;
    const double bytes = copies * sizeof(double) * numbers;
    if (bytes <= tuning::small_memory) return;
    const double limit = parallel::allowed_memory();
    if (bytes <= limit) return;
    const auto gigabytes = [](double b) { return text::format("{} GB", std::llround(b / 1e9)); };
    throw OutOfMemory(
        text::format("n_components={} with covariance_type='{}' and {} features needs more than {} of memory, there "
                     "are {}: lower n_components, or use fewer features or a covariance_type with fewer parameters",
                     options.n_components, family.name, n_features, gigabytes(bytes), gigabytes(limit)));
}

void check_start(const Parameters& given, bool has_posterior, const Options& options, Index n_features) {
    if (has_posterior && given.covariance_type != options.covariance_type) {
        text::invalid(
            "init is a posterior of covariance_type='{}', but '{}' is to be fitted: variational Bayes goes on in the "
            "same "
            "family",
            name(given.covariance_type), name(options.covariance_type));
    }
    if (given.n_components != options.n_components) {
        text::invalid("init is a mixture of {} components, but n_components={}: they must be the same",
                      given.n_components, options.n_components);
    }
    if (given.n_features != n_features) {
        text::invalid("init is a mixture of {} features, but X has {}: they must be the same", given.n_features,
                      n_features);
    }
    if (options.variational && !has_posterior) {
        text::invalid(
            "init is a mixture without a posterior, which variational Bayes goes on from: give one that it made and a "
            "file kept whole, or start from the responsibilities that this one gives the rows");
    }
}

}  // namespace gaussmix::em
