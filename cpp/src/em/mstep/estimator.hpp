/// The kinds of estimate, each with its M-step and objective: a run uses an estimator without knowing which one it is.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "gaussmix/event.hpp"
#include "gaussmix/moments.hpp"
#include "gaussmix/options.hpp"
#include "gaussmix/parameters.hpp"
#include "gaussmix/posterior.hpp"
#include "gaussmix/ridge.hpp"
#include "rows/context.hpp"
#include "whitening/scorer.hpp"

namespace gaussmix::em {

/// The divisors of an M-step, (K,) each, relative to the total weight: `counts` for means, `divisors` for covariances;
/// both are the weights of the components' rows unless a prior adds to them. `terms` are these weights of all terms.
struct Shares {
    std::vector<double> counts;
    std::vector<double> divisors;
    std::vector<double> terms;
};

class Estimator {
public:
    Estimator() = default;
    Estimator(const Estimator&) = delete;
    Estimator& operator=(const Estimator&) = delete;
    virtual ~Estimator() = default;

    /// Does the M-step: replaces the parameters, under which the moments were taken, by new ones. Adds the events of
    /// `iteration` that it causes.
    virtual void update(const Moments& moments, Index iteration, std::vector<Event>& events,
                        const rows::Context& context, Parameters& parameters) = 0;
    /// Replaces the scorer's logarithms by those that the E-step expects.
    virtual void complete(ScorerNumbers&) const {}

    /// Returns the objective at the iteration that takes these moments, under the scorer that gave them.
    /// `ridge_traces` are tr(Sigma_k^-1 ridge), or empty if the ridge is no part of the objective.
    virtual double objective(const Moments& moments, const ScorerNumbers& scorer,
                             const std::vector<double>& ridge_traces, const rows::Context& context) const = 0;
    /// Returns whether the objective has a part that depends on the scorer after the M-step.
    virtual bool is_judged_after_update() const noexcept { return false; }
    /// Returns that part.
    virtual double part_after_update(const ScorerNumbers&) const { return 0; }
    /// Returns the weight of the rows that the objective sums over; 1 if it is a mean.
    virtual double unit(const Moments&) const noexcept { return 1; }
    /// Returns whether the ridge can be part of the objective, as if there were rows with that variance.
    virtual bool can_count_ridge() const noexcept = 0;
    /// Returns whether quasi-Newton steps may replace M-steps: `boldly`, also where they leave the family.
    virtual bool can_accelerate(bool boldly) const noexcept = 0;
    virtual Shares shares(const Moments& moments) const = 0;

    /// Returns the posterior, in variational Bayes.
    const std::optional<Posterior>& posterior() const noexcept { return posterior_; }
    std::optional<Posterior> take_posterior() noexcept { return std::move(posterior_); }

protected:
    std::optional<Posterior> posterior_;
};

/// Returns the estimator that the options ask for: maximum likelihood, maximum a posteriori, or variational Bayes.
std::unique_ptr<Estimator> make_estimator(const Options& options, const Ridge& ridge);

/// Returns the estimator of variational Bayes that continues from a posterior of the parameters. Throws
/// Error(invalid_argument) unless it is one, and the options ask for the same kind.
std::unique_ptr<Estimator> make_estimator(const Options& options, const Ridge& ridge, Posterior posterior,
                                          const Parameters& parameters);

}  // namespace gaussmix::em
