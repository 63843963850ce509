/// The M-step and the decision whether to go on: EM as a state machine.
#include "gaussmix/run.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "em/options.hpp"
#include "families/family.hpp"
#include "families/prepare.hpp"
#include "gaussmix/error.hpp"
#include "moments/check.hpp"

namespace gaussmix {
namespace {

constexpr double relative_ridge = 1e-6;  // of the weighted variance of each feature
constexpr double first_jitter = 1e-12;   // of the rescue scale; grows tenfold until the covariance factors
constexpr double least_rows = 1e-8;      // a component that owns less than this share of one row is pruned

bool knows(const std::vector<Event>& events, Index component, Act act) {
    return std::any_of(events.begin(), events.end(),
                       [&](const Event& event) { return event.component == component && event.act == act; });
}

}  // namespace

Ridge make_ridge(const std::optional<double>& reg_covar, const Summary& summary) {
    const std::vector<double>& variances = summary.variances;
    const double mean_variance =
        std::accumulate(variances.begin(), variances.end(), 0.0) / static_cast<double>(variances.size());
    Ridge ridge;
    for (const double variance : variances) {
        ridge.added.push_back(reg_covar ? *reg_covar : relative_ridge * variance);
        // A constant feature has no scale of its own: it takes that of the others, or 1.
        ridge.rescue.push_back(variance > 0 ? variance : mean_variance > 0 ? mean_variance : 1.0);
    }
    return ridge;
}

Parameters update(const Moments& moments, Covariance covariance, const Ridge& ridge, Index iteration,
                  std::vector<Event>& events) {
    moments::check(moments);
    if (static_cast<std::size_t>(moments.n_features) != ridge.added.size() ||
        ridge.added.size() != ridge.rescue.size()) {
        throw Error(Errc::invalid_argument, "moments have " + std::to_string(moments.n_features) +
                                                " features, but the ridge is for " +
                                                std::to_string(ridge.added.size()));
    }
    const families::Family& family = families::get(covariance);
    if (moments.scatter_kind != family.scatter) {
        throw Error(Errc::invalid_argument, "moments have not the scatter that covariance_type='" +
                                                std::string(family.name) + "' needs: see scatter_for");
    }
    const Index d = moments.n_features;
    Parameters parameters;
    parameters.family = covariance;
    parameters.n_components = moments.n_components;
    parameters.n_features = d;
    parameters.weights = moments.weights;
    parameters.means = moments.reference;
    parameters.covariances.assign(static_cast<std::size_t>(families::covariances_size(family, moments.n_components, d)),
                                  0.0);

    const double least = least_rows * moments.total_weight / static_cast<double>(std::max<Index>(moments.n_rows, 1));
    for (double& weight : parameters.weights) {
        if (!(weight > least)) weight = 0;
    }
    const double total = std::accumulate(parameters.weights.begin(), parameters.weights.end(), 0.0);
    std::vector<double> shift(parameters.means.size());
    for (Index k = 0; k < moments.n_components; ++k) {
        double& weight = parameters.weights[static_cast<std::size_t>(k)];
        if (weight == 0) continue;
        for (Index j = 0; j < d; ++j) {
            const auto at = static_cast<std::size_t>(k * d + j);
            shift[at] = moments.first[at] / weight;
            parameters.means[at] += shift[at];
        }
        weight /= total;
    }
    family.update(moments, shift, ridge.added, parameters);
    for (Index k = 0; k < moments.n_components; ++k) {
        if (parameters.weights[static_cast<std::size_t>(k)] > 0) continue;
        if (family.whitening != Whitening::shared) family.lift(parameters, k, 1.0, ridge.rescue);
        if (!knows(events, k, Act::prune)) events.push_back({iteration, k, Act::prune});
    }
    return parameters;
}

Scorer prepare(Parameters& parameters, const Ridge& ridge, Index iteration, std::vector<Event>& events,
               const Execution& execution) {
    const families::Family& family = families::get(parameters.family);
    Index mending = -1;
    double jitter = first_jitter;
    return families::prepare(parameters, rows::Context(execution), [&](Parameters& mended, Index k) {
        if (k != mending) {
            mending = k;
            jitter = first_jitter;
            if (!knows(events, k, Act::jitter)) events.push_back({iteration, k, Act::jitter});
        }
        if (!std::isfinite(jitter)) families::refuse(mended, k);
        family.lift(mended, k, jitter, ridge.rescue);
        jitter *= 10;
    });
}

Run::Run(const Options& options, const Summary& summary, const Moments& start, const Execution& execution)
    : options_(options), execution_(execution), ridge_(make_ridge(options.reg_covar, summary)) {
    em::check(options_);
    take(start);
}

Run::Run(const Options& options, const Summary& summary, Parameters start, const Execution& execution)
    : options_(options),
      execution_(execution),
      ridge_(make_ridge(options.reg_covar, summary)),
      parameters_(std::move(start)) {
    em::check(options_);
    em::check_start(parameters_, options_, static_cast<Index>(summary.means.size()));
    scorer_ = prepare(parameters_, execution_);
}

void Run::take(const Moments& moments) {
    if (moments.n_components != options_.n_components) {
        throw Error(Errc::invalid_argument,
                    "moments have " + std::to_string(moments.n_components) +
                        " components, but n_components=" + std::to_string(options_.n_components));
    }
    rounding_ = std::max(rounding_, moments.rounding);
    const auto iteration = static_cast<Index>(history_.size());
    parameters_ = update(moments, options_.family, ridge_, iteration, events_);
    scorer_ = prepare(parameters_, ridge_, iteration, events_, execution_);
}

void Run::advance(const Moments& moments) {
    const double mean = moments.log_likelihood / moments.total_weight;
    const double change = history_.empty() ? std::numeric_limits<double>::infinity() : mean - history_.back();
    history_.push_back(mean);
    take(moments);
    if (std::abs(change) < options_.tol) {
        // Near zero a mean log-likelihood has the rounding of the distances and logarithms that cancelled in it.
        status_ = change >= -rounding_ * (std::abs(mean) + 2 * static_cast<double>(moments.n_features))
                      ? Status::converged
                      : Status::stalled;
    } else if (static_cast<Index>(history_.size()) >= options_.max_iter) {
        status_ = Status::max_iter;
    }
}

void Run::interrupt() noexcept { status_ = Status::interrupted; }

}  // namespace gaussmix
