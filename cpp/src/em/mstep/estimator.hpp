/// What an M-step estimates, and what it raises: a run asks one of these and need not know which it is.
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

/// What an M-step divided by, (K,) each, over the total weight: means by `counts`, covariances by `divisors`; both are
/// the components' weights unless a prior adds to them.
struct Shares {
    std::vector<double> counts;
    std::vector<double> divisors;
};

class Estimator {
public:
    Estimator() = default;
    Estimator(const Estimator&) = delete;
    Estimator& operator=(const Estimator&) = delete;
    virtual ~Estimator() = default;

    /// The M-step: parameters from the moments under those of before, which they replace. Adds the events of
    /// `iteration` that it causes.
    virtual void update(const Moments& moments, Index iteration, std::vector<Event>& events,
                        const rows::Context& context, Parameters& parameters) = 0;
    /// Puts what the E-step is to expect in the place of a scorer's own logarithms.
    virtual void complete(ScorerNumbers&) const {}

    /// What the iteration that takes these moments is judged by, at the scorer that gave them. `ridge_traces` are
    /// tr(Sigma_k^-1 ridge), or none where the ridge is no part of it.
    virtual double objective(const Moments& moments, const ScorerNumbers& scorer,
                             const std::vector<double>& ridge_traces, const rows::Context& context) const = 0;
    /// Whether the scorer after the M-step has a part in the objective.
    virtual bool is_judged_after_update() const noexcept { return false; }
    /// That part.
    virtual double part_after_update(const ScorerNumbers&) const { return 0; }
    /// The weight of the rows that the objective sums over: 1 if it is a mean.
    virtual double unit(const Moments&) const noexcept { return 1; }
    /// Whether the ridge can be a part of the objective, as if rows were known with that variance.
    virtual bool can_count_ridge() const noexcept = 0;
    /// Whether quasi-Newton steps may stand for M-steps, and what these divide by.
    virtual bool can_accelerate() const noexcept = 0;
    virtual Shares shares(const Moments& moments) const = 0;

    /// What is known beyond the parameters, in variational Bayes.
    const std::optional<Posterior>& posterior() const noexcept { return posterior_; }
    std::optional<Posterior> take_posterior() noexcept { return std::move(posterior_); }

protected:
    std::optional<Posterior> posterior_;
};

/// The estimator that the options ask for: maximum likelihood, maximum a posteriori, or variational Bayes.
std::unique_ptr<Estimator> make_estimator(const Options& options, const Ridge& ridge);

/// One of variational Bayes that goes on from a posterior of some parameters. Throws Error(invalid_argument) unless it
/// is one of these, and the options ask for the same.
std::unique_ptr<Estimator> make_estimator(const Options& options, const Ridge& ridge, Posterior posterior,
                                          const Parameters& parameters);

}  // namespace gaussmix::em
