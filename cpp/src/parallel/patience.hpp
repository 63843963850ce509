/// Whether a team of threads is worth waiting for. Where other programs use the CPUs, a thread that has nothing left to
/// do can still keep its team waiting until the system runs it again, for milliseconds; a fit has thousands of loops.
#pragma once

#include <algorithm>
#include <chrono>

#include "tuning/tuning.hpp"

namespace gaussmix::parallel {

/// What a thread knows of its teams. After a loop in which the team took longer than the thread alone would have, the
/// thread works alone for a while: longer each time, until a team is faster again. Results do not depend on it, since
/// they do not depend on the number of threads. Work is processor time: a team that waits for a disk counts as slow
/// too, for as short a while.
class Patience {
public:
    using Clock = std::chrono::steady_clock;

    /// Returns whether the thread is to work alone.
    bool is_out(Clock::time_point now) const noexcept { return now < until_; }

    /// Judges a team that took from `began` to `ended` for what took its threads `work` in all.
    void judge(Clock::time_point began, Clock::time_point ended, Clock::duration work) noexcept {
        const Clock::duration lost = ended - began - work;
        if (lost <= Clock::duration::zero()) {
            alone_ /= 2;
            return;
        }
        alone_ = std::min<Clock::duration>(std::max(2 * alone_, lost), tuning::longest_alone);
        until_ = ended + alone_;
    }

private:
    Clock::duration alone_{};
    Clock::time_point until_;
};

}  // namespace gaussmix::parallel
