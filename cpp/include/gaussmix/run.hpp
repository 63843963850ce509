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

/// One EM run. A host loops:
///   while (!run.done()) run.advance(moments of all rows under run.scorer());
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
    const Scorer& scorer() const& noexcept;
    Scorer scorer() && noexcept;  ///< of a run that has ended
    /// The M-step, and the decision whether to go on. Throws Error(invalid_argument) unless the moments are those of
    /// all rows of the summary under the present `scorer()`, and where the run has ended.
    void advance(const Moments& moments);
    /// What the iteration that takes these moments will be judged by, of the parameters under which they were taken; in
    /// variational Bayes but for what the M-step adds.
    double objective(const Moments& moments) const;
    /// Ends the run with Status::interrupted.
    void interrupt();

    /// What it was made with.
    const Options& options() const noexcept;
    /// Tells the runs of a process apart: each has a number of its own, which moves with it.
    std::uint64_t number() const noexcept;

    bool done() const noexcept { return status() != Status::running; }
    Status status() const noexcept;
    const Parameters& parameters() const& noexcept;
    Parameters parameters() && noexcept;  ///< of a run that has ended
    /// The mean log-likelihood a row at each iteration, of the parameters that entered it, less what the ridge takes
    /// (see `scorer`); where an accelerated step did not rise, that of the iteration before again. Under a prior plus
    /// the logarithm of its density there, up to a constant, by the total weight. In variational Bayes the lower bound
    /// of the log-likelihood of all rows after the iteration, up to a constant.
    const std::vector<double>& history() const noexcept;
    const std::vector<Event>& events() const noexcept;
    /// The components that have collapsed, as the run is now: the ridge, or the jitter, alone gives them a variance in
    /// some direction in which the rows as a whole have one, or there are fewer distinct rows than a covariance needs
    /// (d + 1; 2 for diag and spherical). The likelihood of such a mixture says nothing of how well it describes the
    /// data: without the ridge it had no bound. {0} where the collapsed covariance is shared; pruned components have
    /// none. A host that knows how many distinct rows of positive weight there are (d + 1 stands for more) may say so;
    /// else they are taken to be distinct.
    std::vector<Index> collapsed() const;
    std::vector<Index> collapsed(Index n_distinct) const;
    /// In variational Bayes only.
    const std::optional<Posterior>& posterior() const noexcept;
    /// How the run has gone so far, without the mixture: status, n_iter, history, events and collapsed.
    Model course() const;
    /// The mixture as it is now and how it came about, ready to score rows.
    Model model() const&;
    Model model() &&;  ///< of a run that has ended

private:
    class GAUSSMIX_HIDDEN State;
    std::unique_ptr<State> state_;
};

}  // namespace gaussmix
