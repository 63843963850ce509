/// One EM run as a state machine: it holds the parameters, the host holds the data.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "gaussmix/event.hpp"
#include "gaussmix/export.h"
#include "gaussmix/model.hpp"
#include "gaussmix/moments.hpp"
#include "gaussmix/options.hpp"
#include "gaussmix/posterior.hpp"
#include "gaussmix/ridge.hpp"
#include "gaussmix/scorer.hpp"
#include "gaussmix/status.hpp"
#include "gaussmix/summary.hpp"
#include "gaussmix/update.hpp"

namespace gaussmix {

namespace em {
class Climber;
}

/// One EM run. A host loops:
///   while (!run.done()) run.advance(moments of all rows under run.scorer());
class GAUSSMIX_EXPORT Run {
public:
    /// Starts from the moments of a rough clustering of the data.
    Run(const Options& options, const Summary& summary, const Moments& start, const Execution& execution = {});
    /// Starts from given parameters; if they are of another family, from the nearest ones of this family, by the mean
    /// of the components' Kullback-Leibler divergences. Throws as `validate` does, and also in variational Bayes, which
    /// starts from a posterior.
    Run(const Options& options, const Summary& summary, Parameters start, const Execution& execution = {});
    /// Continues variational Bayes from the end of another run.
    Run(const Options& options, const Summary& summary, Parameters start, Posterior posterior,
        const Execution& execution = {});
    ~Run();
    Run(Run&&) noexcept;
    Run& operator=(Run&&) noexcept;

    /// Returns the scorer that the next pass must use. While the run goes on, the expected loss due to the ridge,
    /// tr(Sigma_k^-1 ridge) / 2, is subtracted from each log constant unless acceleration is classic: the ridge is then
    /// part of the objective, as if there were rows with that variance, and no iteration can lose by it.
    const Scorer& scorer() const& noexcept;
    Scorer scorer() && noexcept;  ///< of a run that has ended
    /// Does the M-step, and decides whether to go on. Throws Error(invalid_argument) unless the moments are those of
    /// all rows of the summary under the present `scorer()`, and if the run has ended.
    void advance(const Moments& moments);
    /// Does the M-step of stepwise EM, from moments of some rows under the present `scorer()` combined with those of
    /// earlier rows (`stepwise`). This does not count as an iteration: it neither enters the history nor ends the run.
    /// Throws Error(invalid_argument) unless the moments suit the run, and if the run has ended.
    void step(const Moments& moments);
    /// Returns the value by which the iteration that takes these moments will be judged, under the parameters that gave
    /// them; in variational Bayes without what the M-step adds.
    double objective(const Moments& moments) const;
    /// Lets `Acceleration::automatic` accelerate families whose covariances depend on each other too. A step that is
    /// not EM's own leaves such a family and is brought back into it, from where EM may reach another maximum: for
    /// searches that compare many ends. The first `n_plain` iterations are EM's own in every family.
    void accelerate_boldly(Index n_plain = 0);
    /// Ends the run with Status::interrupted.
    void interrupt();

    /// Returns the options that the run was made with.
    const Options& options() const noexcept;
    /// Returns a number that identifies the run within this process, and stays with it when it is moved.
    std::uint64_t number() const noexcept;

    bool done() const noexcept { return status() != Status::running; }
    Status status() const noexcept;
    const Parameters& parameters() const& noexcept;
    Parameters parameters() && noexcept;  ///< of a run that has ended
    /// Returns the objective at each iteration: the mean log-likelihood per row, under the parameters that entered it,
    /// less the loss due to the ridge (see `scorer`); where an accelerated step did not raise it, the value before the
    /// step is repeated. With a prior, the logarithm of its density per unit of total weight is added, up to a
    /// constant. In variational Bayes, the lower bound of the log-likelihood of all rows after the iteration, up to a
    /// constant.
    const std::vector<double>& history() const noexcept;
    const std::vector<Event>& events() const noexcept;
    /// Returns the components of the present mixture that have collapsed: in some direction in which the rows vary,
    /// only the ridge or the jitter gives them a variance, or they have fewer distinct rows than a covariance needs (d
    /// + 1; 2 for diag and spherical), or just as many, so near each other that the ridge is most of their variance.
    /// The likelihood of such a mixture does not show how well it describes the data: without the ridge it would be
    /// unbounded, or great by chance. {0} if a shared covariance collapsed; pruned components are never listed. A host
    /// that knows the number of distinct rows of positive weight (d + 1 stands for more) may give it; otherwise rows
    /// are assumed to be distinct.
    std::vector<Index> collapsed() const;
    std::vector<Index> collapsed(Index n_distinct) const;
    /// Returns the posterior, in variational Bayes only.
    const std::optional<Posterior>& posterior() const noexcept;
    /// Returns a model without its mixture, only the course of the run so far: status, n_iter, history, events and
    /// collapsed.
    Model course() const;
    /// Returns the present mixture and the course of the run, ready to score rows.
    Model model() const&;
    Model model() &&;  ///< of a run that has ended

private:
    class GAUSSMIX_HIDDEN State;
    friend class em::Climber;

    enum class Settled : bool { no, yes };  // whether the covariances of a start are known to be of their family
    Run(const Options& options, const Summary& summary, Parameters start, const Execution& execution, Settled settled);

    std::unique_ptr<State> state_;
};

}  // namespace gaussmix
