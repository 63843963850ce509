/// One EM run as a state machine: it holds the parameters, the host holds the data.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gaussmix/export.h"
#include "gaussmix/moments.hpp"
#include "gaussmix/options.hpp"
#include "gaussmix/scorer.hpp"

namespace gaussmix {

namespace em {
class Accelerator;
}

/// How a run ended.
enum class Status : std::uint8_t {
    running,      ///< not yet
    converged,    ///< at rest: less than tol is left to gain, and nothing that matters was lost
    max_iter,     ///< max_iter iterations were done first
    stalled,      ///< at rest, but lower than before: the ridge or a mended component holds the likelihood down
    interrupted,  ///< an observer asked to stop
    given,        ///< not fitted: the parameters were given
};

/// "running", "converged", ...
GAUSSMIX_EXPORT std::string_view name(Status status) noexcept;

/// The status of that name. Throws Error(invalid_argument), listing the valid names.
GAUSSMIX_EXPORT Status status_from_name(std::string_view name);

/// What had to be done so that a fit could go on.
enum class Act : std::uint8_t {
    jitter,  ///< the covariance was not positive definite, or only by rounding; its diagonal was raised
    floor,   ///< in some direction the ridge is larger than the variance of the rows: it alone holds the component open
    reseed,  ///< the component began without rows; it was given half of another one
    prune,   ///< the component lost all its rows, or began without and none could be halved; its weight stays zero
    identical,  ///< the component began as a copy of another one; EM cannot part them
};

/// "jitter", "floor", "reseed", "prune", "identical".
GAUSSMIX_EXPORT std::string_view name(Act act) noexcept;

/// The act of that name. Throws Error(invalid_argument), listing the valid names.
GAUSSMIX_EXPORT Act act_from_name(std::string_view name);

/// One such act; told once for a component, when it was first needed.
struct Event {
    Index iteration = 0;  ///< counted from 1; 0: while starting
    Index component = 0;  ///< counted from 0
    Act act = Act::jitter;
};

/// What happened and what can be done about it, in a sentence.
GAUSSMIX_EXPORT std::string describe(const Event& event);

/// Weighted location and spread of each feature of the data: the units that the ridge is relative to. Where no row has
/// weight, minima are infinite and maxima minus infinite.
struct Summary {
    Index n_rows = 0;
    double total_weight = 0;
    std::vector<double> means;      ///< (d,)
    std::vector<double> variances;  ///< (d,), biased; infinite or NaN where they cannot be written as doubles
    std::vector<double> minima;     ///< (d,), of the rows of positive weight
    std::vector<double> maxima;     ///< (d,), likewise
    std::vector<int> exponents;     ///< (d,): the rows were divided by two to these; empty: as they are
};

/// Returns the summary of the rows of both. `Summary{}` adds nothing. Throws Error(invalid_argument) when features or
/// exponents differ.
GAUSSMIX_EXPORT Summary merge(const Summary& a, const Summary& b);

/// What an M-step adds to variances: always, and to save a covariance that is not positive definite.
struct Ridge {
    std::vector<double> added;   ///< (d,): added to each variance in every M-step
    std::vector<double> rescue;  ///< (d,): positive; the unit of the jitter, and the variances of a pruned component
};

/// The ridge of a fit: absolute if `reg_covar` is set, else relative to the variances of the data; none by default
/// under a prior, which does its work.
GAUSSMIX_EXPORT Ridge make_ridge(const Options& options, const Summary& summary);

/// The prior with what it leaves empty taken from the data: their mean, and degrees of freedom and a covariance that
/// are Fraley and Raftery's (2007, section 2.1) where the weight of the data is at least 12 K d rows, ours where it is
/// at most 10 K d, and between them a mean of both. Theirs are d + 2, and the covariance of the data, (d, d), which
/// full and tied need, over K^(2/d); for diag and spherical the mean of the variances over K^(2/d). Ours are d + 2, for
/// diag 3, and the covariance within clusters, (d, d) for full and tied, (d,) else, its correlations shrunk, times what
/// a component without rows is divided by; without `within`, that of the data over K^(2/d) takes its place. Throws
/// Error(invalid_argument), naming what does not fit.
GAUSSMIX_EXPORT Prior complete(Prior prior, const Options& options, const Summary& summary,
                               const std::vector<double>& covariance = {}, const std::vector<double>& within = {});

/// The parameters that maximise the expected log-likelihood of moments; with a prior, which must be complete, that
/// plus the logarithm of the prior density. A component without rows is given half of another one at the start (up to
/// iteration 1), if one can be halved, else the weight zero. `events` is told, as of `iteration`.
GAUSSMIX_EXPORT Parameters update(const Moments& moments, Covariance family, const Ridge& ridge,
                                  const std::optional<Prior>& prior, Index iteration, std::vector<Event>& events);

/// As `prepare(parameters)`, but a covariance that is not positive definite has its diagonal raised by a growing
/// jitter until it is. `events` is told, and of components that the ridge alone holds open.
GAUSSMIX_EXPORT Scorer prepare(Parameters& parameters, const Ridge& ridge, Index iteration, std::vector<Event>& events,
                               const Execution& execution = {});

/// The kind of scatter that `update` needs for a family.
GAUSSMIX_EXPORT Scatter scatter_for(Covariance family);

/// What variational Bayes knows beyond the parameters, which then are posterior means (covariances: the inverse of the
/// mean precision).
struct Posterior {
    std::vector<double> concentration;       ///< of the weights: (K,), or of the sticks (2, K): both of each beta
    std::vector<double> mean_precision;      ///< (K,): of mean k in units of precision matrix k
    std::vector<double> degrees_of_freedom;  ///< (K,): of the Wishart distribution of precision matrix k
};

/// Throws Error(invalid_argument) unless the posterior can be one of these parameters: its sizes agree with theirs and
/// its numbers are positive, degrees of freedom more than d - 1.
GAUSSMIX_EXPORT void validate(const Posterior& posterior, const Parameters& parameters);

/// As `prepare(parameters)`, with the logarithms of weights and densities that the posterior expects: the E-step of
/// variational Bayes. Throws Error(invalid_argument) unless the posterior is one of these parameters.
GAUSSMIX_EXPORT Scorer prepare(const Parameters& parameters, const Posterior& posterior,
                               const Execution& execution = {});

/// One EM run. A host loops:
///   while (!run.done()) run.advance(moments of its rows under run.scorer());
class GAUSSMIX_EXPORT Run {
public:
    /// Starts from the moments of some rough clustering of the data.
    Run(const Options& options, const Summary& summary, const Moments& start, const Execution& execution = {});
    /// Starts from given parameters; throws as `validate` does, and in variational Bayes, which goes on from a
    /// posterior.
    Run(const Options& options, const Summary& summary, Parameters start, const Execution& execution = {});
    /// Goes on with variational Bayes from where another run ended.
    Run(const Options& options, const Summary& summary, Parameters start, Posterior posterior,
        const Execution& execution = {});
    ~Run();
    Run(Run&&) noexcept;
    Run& operator=(Run&&) noexcept;

    /// What the next pass must use. While the run goes on, the expected loss by the ridge, tr(Sigma_k^-1 ridge) / 2, is
    /// taken off each logarithm unless acceleration is classic: the ridge is then part of what is maximised, as if rows
    /// were known with that variance, and no iteration can lose by it.
    const Scorer& scorer() const& noexcept { return scorer_; }
    Scorer scorer() && noexcept { return std::move(scorer_); }  ///< of a run that has ended
    /// The M-step, and the decision whether to go on.
    void advance(const Moments& moments);
    /// What the iteration that takes these moments will be judged by, of the parameters under which they were taken; in
    /// variational Bayes but for what the M-step adds.
    double objective(const Moments& moments) const;
    /// Ends the run with Status::interrupted.
    void interrupt();

    /// What it was made with.
    const Options& options() const noexcept { return options_; }
    /// Tells the runs of a process apart: each has a number of its own, which moves with it.
    std::uint64_t number() const noexcept { return number_; }

    bool done() const noexcept { return status_ != Status::running; }
    Status status() const noexcept { return status_; }
    const Parameters& parameters() const& noexcept { return parameters_; }
    Parameters parameters() && noexcept { return std::move(parameters_); }  ///< of a run that has ended
    /// The mean log-likelihood a row at each iteration, of the parameters that entered it, less what the ridge takes
    /// (see `scorer`); where an accelerated step did not rise, that of the iteration before again. Under a prior plus
    /// the logarithm of its density there, up to a constant, by the total weight. In variational Bayes the lower bound
    /// of the log-likelihood of all rows after the iteration, up to a constant.
    const std::vector<double>& history() const noexcept { return history_; }
    const std::vector<Event>& events() const noexcept { return events_; }
    /// The components that have collapsed, as the run is now: the ridge, or the jitter, alone gives them a variance in
    /// some direction in which the rows as a whole have one, or there are fewer distinct rows than a covariance needs
    /// (d + 1; 2 for diag and spherical). The likelihood of such a mixture says nothing of how well it describes the
    /// data: without the ridge it had no bound. {0} where the collapsed covariance is shared; pruned components have
    /// none. A host that knows how many distinct rows of positive weight there are (d + 1 stands for more) may say so;
    /// else they are taken to be distinct.
    std::vector<Index> collapsed() const;
    std::vector<Index> collapsed(Index n_distinct) const;
    /// In variational Bayes only.
    const std::optional<Posterior>& posterior() const noexcept { return posterior_; }

private:
    /// All but the scorer, which a posterior has a say in.
    Run(const Options& options, const Summary& summary, Parameters start, bool has_posterior,
        const Execution& execution);

    void check(const Summary& summary) const;
    bool counts_ridge() const noexcept;
    void check(const Moments& moments) const;
    void estimate(const Moments& moments, Index iteration);
    double prior_divisor(const Moments& moments) const;
    void prepare_scorer(Index iteration);
    void subtract_ridge(std::vector<double> traces);
    bool may_accelerate() const;
    bool accelerate(const Parameters& before, const Moments& moments, double value);
    bool look_at(Parameters next);
    void retreat(double value);
    bool at_rest(double gain) const;
    Status how_ended(double gain, double tolerated) const;
    void finish(Status status);

    std::uint64_t number_;
    Options options_;
    Execution execution_;
    Ridge ridge_;
    Index n_rows_;  // of the summary
    Parameters parameters_;
    Scorer scorer_;
    std::vector<double> plain_constants_;  // the scorer's, before the ridge was subtracted
    std::vector<double> ridge_traces_;     // tr(Sigma_k^-1 ridge); empty where the ridge does not count
    std::optional<Posterior> posterior_;
    Status status_ = Status::running;
    std::vector<double> history_;
    double gain_ = 0;        // of the last iteration
    double rounding_ = 0;    // the largest of all moments taken
    bool reseeded_ = false;  // by the last M-step
    std::vector<Event> events_;
    std::unique_ptr<em::Accelerator> accelerator_;  // once EM creeps
};

}  // namespace gaussmix
