/// The one parallel loop of the library. It runs on OpenMP if that is built in and usable, otherwise on threads of our
/// own (no OpenMP, or a child of fork, whose OpenMP pool is dead).
#pragma once

#include <functional>
#include <type_traits>

#include "gaussmix/index.hpp"

namespace gaussmix::parallel {

/// Called now and then on the calling thread; if it returns false, the work is abandoned.
using Poll = std::function<bool()>;

/// Call it about every millisecond in long work. It throws if the loop that this thread works for has stopped; on the
/// thread that called the library, it asks the poll. It does nothing if there is neither.
void checkpoint();

/// Returns a poll that does what a checkpoint here does, for work that a loop's body does on its own thread. It must
/// not outlive the body.
Poll nested_poll();

/// A checkpoint after each fixed amount of work, for bodies too short for one each.
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

/// What a thread checks at its checkpoints: the loop it works for, else the poll of the call it serves.
struct Place {
    const Loop* loop = nullptr;
    int id = 0;
    const Poll* poll = nullptr;
};
}  // namespace detail

/// During its lifetime, checkpoints of this thread outside of any loop ask `poll`, which must outlive it.
class Observed {
public:
    explicit Observed(const Poll& poll) noexcept;
    ~Observed();
    Observed(const Observed&) = delete;
    Observed& operator=(const Observed&) = delete;

private:
    detail::Place before_;
};

/// The thread that runs a body of a loop.
class Worker {
public:
    explicit Worker(int id) : id_(id) {}

    /// Returns the number of this thread within the loop; 0 is the calling thread.
    int id() const noexcept { return id_; }

private:
    int id_;
};

namespace detail {
using Body = void (*)(void* context, Index index, const Worker& worker);
void run(Index n, int n_threads, const Poll& poll, void* context, Body body);
}  // namespace detail

/// Calls body(index, worker) once for each index 0 ... n-1, in order, on at most n_threads threads. The first exception
/// of a body ends the loop and is rethrown here; so is Error(interrupted) if `poll` returned false.
template <class Body>
void parallel_for(Index n, int n_threads, const Poll& poll, Body&& body) {
    detail::run(n, n_threads, poll, const_cast<void*>(static_cast<const void*>(&body)),
                [](void* context, Index index, const Worker& worker) {
                    (*static_cast<std::remove_reference_t<Body>*>(context))(index, worker);
                });
}

}  // namespace gaussmix::parallel
