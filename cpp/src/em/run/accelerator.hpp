/// L-BFGS in EM's own metric and in a frame that moves with the parameters: where EM creeps, it takes a fraction of the
/// passes. Every pass gives the likelihood, its gradient and the EM step at once, so a step that does not rise costs
/// one pass and EM's own step is always at hand.
///
/// Two loops over pairs of steps and changes of the gradient (Nocedal and Wright 2006, algorithm 7.4) give a direction
/// q; q'g / 2 is what a quadratic model still expects to gain. Steps are kept within a radius that follows their
/// success, and must rise by a part of what they promise (Armijo's rule, the same, section 3.1).
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "em/run/frame.hpp"

namespace gaussmix::em {

class Accelerator {
public:
    explicit Accelerator(const kernels::Table& table) : table_(table) {}

    /// From a mixture that counts, whose mean objective a row is `value`, to the next one to look at. `step` is EM's.
    Parameters go_on(const Parameters& at, const Parameters& step, const Shares& shares, double value, double tol);

    /// Whether the mixture last returned is one that need not rise.
    bool on_trial() const noexcept { return on_trial_; }
    /// Whether the objective rose enough there; `noise` is what rounding may hide.
    bool has_risen(double value, double noise) const noexcept;
    /// From one that did not rise to the next one to look at. `value` may be minus infinity.
    Parameters retreat(double value);

    /// Whether less than `tol` was surely left to gain for two mixtures in a row.
    bool at_rest() const noexcept { return calm_ >= 2; }
    /// EM's step from the last mixture that counted.
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
    int n_plain_ = 0;     // EM steps still to take
    int next_plain_ = 1;  // how many after the next failures
    int calm_ = 0;
    std::deque<Pair> pairs_;
};

}  // namespace gaussmix::em
