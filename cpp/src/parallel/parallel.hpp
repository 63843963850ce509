/// The one parallel loop of the library. OpenMP stands behind it where it is built in and usable, threads of our own
/// elsewhere (no OpenMP, or a child of fork, whose OpenMP pool is dead).
#pragma once

#include <cstdint>
#include <functional>
#include <type_traits>

namespace gaussmix::parallel {

using Index = std::int64_t;

/// Asked now and then on the calling thread; false abandons the loop.
using Poll = std::function<bool()>;

class Loop;

/// The thread that runs a body.
class Worker {
public:
    Worker(Loop& loop, int id) : loop_(loop), id_(id) {}

    /// Tells the threads of a loop apart; 0 is the calling one.
    int id() const noexcept { return id_; }

    /// To be called about every millisecond within a long body: leaves it, by an exception that the loop takes, when
    /// the loop was stopped; on the calling thread it asks the poll.
    void checkpoint() const;

private:
    Loop& loop_;
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
