/// The one parallel loop of the library. OpenMP stands behind it where it is built in and usable, threads of our own
/// elsewhere (no OpenMP, or a child of fork, whose OpenMP pool is dead).
#pragma once

#include <functional>
#include <type_traits>

#include "gaussmix/index.hpp"

namespace gaussmix::parallel {

/// Asked now and then on the calling thread; false abandons what it was asked in.
using Poll = std::function<bool()>;

/// To be called about every millisecond in long work: throws, to leave it, when the loop that this thread works for was
/// stopped; on the thread that called the library it asks the poll. Does nothing where nobody listens.
void checkpoint();

/// A poll that asks what a checkpoint here asks: for what a body of a loop has done on its own thread. It must not
/// outlive the body.
Poll nested_poll();

/// A checkpoint about every so much work, for bodies that are too short for one each time.
class Pace {
public:
    /// `work` in floating-point operations or numbers moved.
    void spend(Index work) {
        constexpr Index between = 1 << 20;  // a fraction of a millisecond
        spent_ += work;
        if (spent_ < between) return;
        spent_ = 0;
        checkpoint();
    }

private:
    Index spent_ = 0;
};

namespace detail {
class Loop;

/// Whom a thread asks at its checkpoints: the loop it works for, else the poll of the call it serves.
struct Place {
    const Loop* loop = nullptr;
    int id = 0;
    const Poll* poll = nullptr;
};
}  // namespace detail

/// While it lives, checkpoints of this thread outside of any loop ask `poll`, which must outlive it.
class Observed {
public:
    explicit Observed(const Poll& poll) noexcept;
    ~Observed();
    Observed(const Observed&) = delete;
    Observed& operator=(const Observed&) = delete;

private:
    detail::Place before_;
};

/// The thread that runs a body.
class Worker {
public:
    explicit Worker(int id) : id_(id) {}

    /// Tells the threads of a loop apart; 0 is the calling one.
    int id() const noexcept { return id_; }

private:
    int id_;
};

namespace detail {
using Body = void (*)(void* context, Index index, const Worker& worker);
void run(Index n, int n_threads, const Poll& poll, void* context, Body body);
}  // namespace detail

/// body(index, worker) for index = 0 ... n-1, each once, handed out in order to at most n_threads workers. The first
/// exception of a body ends the loop and is rethrown here; Error(interrupted) when `poll` returned false.
template <class Body>
void parallel_for(Index n, int n_threads, const Poll& poll, Body&& body) {
    detail::run(n, n_threads, poll, const_cast<void*>(static_cast<const void*>(&body)),
                [](void* context, Index index, const Worker& worker) {
                    (*static_cast<std::remove_reference_t<Body>*>(context))(index, worker);
                });
}

}  // namespace gaussmix::parallel
