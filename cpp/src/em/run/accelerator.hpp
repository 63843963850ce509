/// L-BFGS in EM's own metric and in a frame that moves with the parameters: where EM is slow, it needs a fraction of
/// the passes. Every pass gives the likelihood, its gradient and the EM step at once, so a step that does not raise it
/// costs one pass, and EM's own step is always available.
///
/// Two loops over pairs of steps and changes of the gradient (Nocedal and Wright 2006, algorithm 7.4) give a direction
/// q; q'g / 2 is what a quadratic model still expects to gain. Steps are kept within a radius that adapts to their
/// success, and must raise the objective by a part of what they promise (Armijo's rule, section 3.1 there).
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "em/run/frame.hpp"

namespace gaussmix::em {

class Accelerator {
public:
    /// `known` must outlive it, and have no bounds.
    Accelerator(const kernels::Table& table, const Known& known) : table_(table), known_(known) {}

    /// Takes an accepted mixture, whose mean objective per row is `value`, and EM's `step` from it; returns the next
    /// mixture to evaluate.
    Parameters go_on(const Parameters& at, const Parameters& step, const Shares& shares, double value, double tol);

    /// Returns whether the mixture returned last may be worse.
    bool on_trial() const noexcept { return on_trial_; }
    /// Returns whether the objective rose enough there; `noise` is the effect of rounding.
    bool has_risen(double value, double noise) const noexcept;
    /// Takes a mixture that did not raise the objective, and returns the next one to evaluate. `value` may be minus
    /// infinity.
    Parameters retreat(double value);

    /// Takes the mixture of the family that the one returned last was moved to. Returns false if it is none.
    bool settle(const Parameters& moved);

    /// Returns whether less than `tol` was surely left to gain for two mixtures in succession.
    bool at_rest() const noexcept { return calm_ >= 2; }
    /// Returns EM's step from the last accepted mixture.
    const Parameters& step() const noexcept { return step_; }

private:
    struct Pair {
        std::vector<double> step;
        std::vector<double> change;
        double product;
    };

    void remember(const std::vector<double>& gradient);
    std::vector<double> direction() const;
    Parameters plain();

    const kernels::Table& table_;
    const Known& known_;
    std::optional<Frame> frame_;
    Parameters step_;
    double value_ = 0;
    std::vector<double> gradient_;
    std::vector<double> moved_;  // in coordinates of the frame
    std::vector<double> direction_;
    double slope_ = 0;  // direction' gradient
    double scale_ = 1;  // of the direction, in this trial
    double radius_ = 0.3;
    bool shortened_ = false;
    bool on_trial_ = false;
    int failures_ = 0;    // in a row
    int n_plain_ = 0;     // EM steps left to take
    int next_plain_ = 1;  // how many to take after the next failures
    int calm_ = 0;
    std::deque<Pair> pairs_;
};

}  // namespace gaussmix::em
