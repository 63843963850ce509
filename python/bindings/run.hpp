/// A run that Python threads may share.
#pragma once

#include <memory>
#include <shared_mutex>

#include "gil.hpp"
#include "model.hpp"

namespace gaussmix::bindings {

/// The part of a run that passes over rows need; it can be sent to rows on other machines.
struct RunScorer {
    Scorer scorer;
    Scatter scatter;
};

/// The poll of an object that outlives a call: it forwards to the poll of the current call.
class Poll {
public:
    /// Returns the poll for the core to keep.
    std::function<bool()> function() const {
        return [poll = poll_] { return !*poll || (*poll)(); };
    }
    void replace(std::function<bool()> poll) { *poll_ = std::move(poll); }

private:
    std::shared_ptr<std::function<bool()>> poll_ = std::make_shared<std::function<bool()>>();
};

/// One thread at a time advances a run; others wait, without the interpreter's lock, to read it.
class SharedRun {
public:
    SharedRun(const Summary& summary, const Model& start, Options options, int n_threads,
              const std::string& instruction_set);

    void advance(const Moments& moments);
    void step(const Moments& moments);
    void interrupt();

    /// Returns of(run), which must not be a reference. Call it without the interpreter's lock.
    template <class Of>
    auto hold(Of of) const {
        const std::shared_lock<std::shared_mutex> lock(mutex_);
        return of(run_);
    }
    /// Does the same; call it with the interpreter's lock held.
    template <class Of>
    auto read(Of of) const {
        return without_gil([&] { return hold(of); });
    }

private:
    /// Changes the run while no other thread reads it.
    template <class Change>
    void change(Change change);

    Poll poll_;
    mutable std::shared_mutex mutex_;
    Run run_;
};

}  // namespace gaussmix::bindings
