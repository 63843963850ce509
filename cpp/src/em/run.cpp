/// EM as a state machine: when to go on, and how it ended.
#include "gaussmix/run.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "em/collapse.hpp"
#include "em/estimate.hpp"
#include "em/options.hpp"
#include "em/prior.hpp"
#include "em/variational.hpp"
#include "gaussmix/error.hpp"

namespace gaussmix {

Run::Run(const Options& options, const Summary& summary, const Moments& start, const Execution& execution)
    : options_(options), execution_(execution), ridge_(make_ridge(options, summary)), n_rows_(summary.n_rows) {
    check(summary);
    take(start, 0);
    if (options_.max_iter == 0) status_ = Status::max_iter;
}

Run::Run(const Options& options, const Summary& summary, Parameters start, const Execution& execution)
    : Run(options, summary, std::move(start), false, execution) {
    scorer_ = prepare(parameters_, execution_);
}

Run::Run(const Options& options, const Summary& summary, Parameters start, bool has_posterior,
         const Execution& execution)
    : options_(options),
      execution_(execution),
      ridge_(make_ridge(options, summary)),
      n_rows_(summary.n_rows),
      parameters_(symmetrised(std::move(start))) {
    check(summary);
    em::check_start(parameters_, has_posterior, options_, static_cast<Index>(summary.means.size()));
    if (options_.max_iter == 0) status_ = Status::max_iter;
}

Run::Run(const Options& options, const Summary& summary, Parameters start, Posterior posterior,
         const Execution& execution)
    : Run(options, summary, std::move(start), true, execution) {
    if (!options_.variational) {
        throw Error(Errc::invalid_argument,
                    "a posterior to start from was given, but no variational Bayes asked for: set "
                    "Options::variational, or give the parameters alone");
    }
    if (em::is_process(posterior) != options_.variational->process) {
        const bool process = options_.variational->process;
        throw Error(Errc::invalid_argument,
                    std::string("init is a mixture under a Dirichlet ") +
                        (process ? "distribution, but a process" : "process, but a distribution") +
                        " is asked for: they must be the same");
    }
    scorer_ = prepare(parameters_, posterior, execution_);
    posterior_ = std::move(posterior);
}

void Run::check(const Summary& summary) const {
    em::check(options_);
    em::check_size(options_, static_cast<Index>(summary.means.size()));
    em::check_variational(options_);
    if (options_.prior) {
        em::check_complete(*options_.prior, options_, static_cast<Index>(summary.means.size()));
    }
}

void Run::take(const Moments& moments, Index iteration) {
    if (moments.n_components != options_.n_components) {
        throw Error(Errc::invalid_argument,
                    "moments have " + std::to_string(moments.n_components) + " components, but n_components=" +
                        std::to_string(options_.n_components) + ": accumulate them under this run's scorer");
    }
    rounding_ = std::max(rounding_, moments.rounding);
    const std::size_t told = events_.size();
    if (options_.variational) {
        posterior_ = em::infer(moments, options_, ridge_, parameters_);
    } else {
        em::update(moments, options_.family, ridge_, options_.prior, iteration, events_, parameters_);
    }
    em::prepare(parameters_, ridge_, iteration, events_, rows::Context(execution_), scorer_);
    if (posterior_) em::expect(*posterior_, scorer_);
    reseeded_ = std::any_of(events_.begin() + static_cast<std::ptrdiff_t>(told), events_.end(),
                            [](const Event& event) { return event.act == Act::reseed; });
}

double Run::objective(const Moments& moments) const {
    if (options_.variational) return em::entropy(moments, scorer_, rows::Context(execution_));
    double prior = 0;
    if (options_.prior) {
        prior = em::log_density(*options_.prior, moments.scatter_kind, scorer_, rows::Context(execution_));
    }
    return (moments.log_likelihood + prior) / moments.total_weight;
}

void Run::advance(const Moments& moments) {
    const bool was_reseeded = reseeded_;
    double value = objective(moments);
    take(moments, static_cast<Index>(history_.size()) + 1);
    if (posterior_) value += em::lower_bound(*posterior_, scorer_);
    const double change = history_.empty() ? std::numeric_limits<double>::infinity() : value - history_.back();
    history_.push_back(value);
    // A step across a reseeding says nothing about how near the end is.
    if (std::abs(change) < options_.tol && !was_reseeded && !reseeded_) {
        // Near zero a log-likelihood has the rounding of the distances and logarithms that cancelled in it.
        const double cancelled = 2 * static_cast<double>(moments.n_features) * (posterior_ ? moments.total_weight : 1);
        const double noise = rounding_ * (std::abs(value) + cancelled);
        const double best = *std::max_element(history_.begin(), history_.end());
        status_ = change >= -noise && best - value <= options_.tol + noise ? Status::converged : Status::stalled;
    } else if (static_cast<Index>(history_.size()) >= options_.max_iter) {
        status_ = Status::max_iter;
    }
}

std::vector<Index> Run::collapsed() const { return collapsed(n_rows_); }

std::vector<Index> Run::collapsed(Index n_distinct) const {
    if (events_.empty()) return {};
    return em::collapsed(parameters_, ridge_, events_, n_distinct, rows::Context(execution_).table);
}

void Run::interrupt() noexcept { status_ = Status::interrupted; }

}  // namespace gaussmix
