#include "parallel/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#if defined(_OPENMP)
#include <omp.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>

#include <ctime>
#endif

#include "gaussmix/error.hpp"
#include "parallel/patience.hpp"

namespace gaussmix::parallel {
namespace {

/// Set in a child of fork, where the threads of the parent's OpenMP pool do not exist.
std::atomic<bool> forked{false};

#if defined(__unix__) || defined(__APPLE__)
[[maybe_unused]] const int fork_handler = pthread_atfork(nullptr, nullptr, [] { forked = true; });
#endif

/// Thrown out of bodies on other threads once the loop has stopped.
class Stopped : public std::exception {};

/// Returns how long this thread has run, or the time where the system does not tell.
Patience::Clock::duration thread_time() noexcept {
#if defined(__unix__) || defined(__APPLE__)
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
#else
    return Patience::Clock::now().time_since_epoch();
#endif
}

void ask(const Poll& poll) {
    if (poll && !poll()) throw Error(Errc::interrupted, "interrupted by the observer");
}

}  // namespace

/// The state that the threads of one loop share.
class detail::Loop {
public:
    /// The loop over the indices from `first` to n - 1.
    Loop(Index first, Index n, const Poll& poll, void* context, Body body)
        : n_(n), poll_(poll), context_(context), body_(body), next_(first) {}

    /// Takes indices until none is left or the loop has stopped.
    void work(int id) noexcept;

    /// Waits on the calling thread for the other threads, and asks the poll meanwhile.
    void attend() noexcept;

    void checkpoint(int id) const {
        if (stopped_.load(std::memory_order_relaxed)) throw Stopped{};
        if (id == 0) ask(poll_);
    }

    /// Returns how long the threads have run their bodies, in all.
    Patience::Clock::duration work() const noexcept { return Patience::Clock::duration(work_.load()); }

    void rethrow() const {
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    void fail() noexcept {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
        stopped_ = true;
    }

    const Index n_;
    const Poll& poll_;
    void* const context_;
    const Body body_;
    std::atomic<Index> next_;
    std::atomic<int> working_{0};
    std::atomic<Patience::Clock::rep> work_{0};
    std::atomic<bool> stopped_{false};
    std::mutex mutex_;
    std::condition_variable finished_;
    std::exception_ptr failure_;
};

namespace {

using detail::Loop;

thread_local detail::Place place;

}  // namespace

void Loop::work(int id) noexcept {
    working_.fetch_add(1);
    const auto began = thread_time();
    const Place before = std::exchange(place, detail::Place{this, id, nullptr});
    try {
        while (!stopped_.load(std::memory_order_relaxed)) {
            const Index index = next_.fetch_add(1);
            if (index >= n_) break;
            body_(context_, index, Worker(id));
            checkpoint(id);
        }
    } catch (const Stopped&) {
    } catch (...) {
        fail();
    }
    place = before;
    work_.fetch_add((thread_time() - began).count());
    const std::lock_guard<std::mutex> lock(mutex_);
    if (working_.fetch_sub(1) == 1) finished_.notify_all();
}

void Loop::attend() noexcept {
    constexpr int spins = 1000;  // a thread does not sleep for a short wait
    constexpr auto pause = std::chrono::milliseconds(10);
    for (int spin = 0; spin < spins; ++spin) {
        if (working_.load() == 0) return;
    }
    std::unique_lock<std::mutex> lock(mutex_);
    while (!finished_.wait_for(lock, pause, [&] { return working_.load() == 0; })) {
        lock.unlock();
        try {
            checkpoint(0);
        } catch (const Stopped&) {
            return;
        } catch (...) {
            fail();
            return;
        }
        lock.lock();
    }
}

namespace {

/// Runs the loop on threads started for it. Returns false if the system did not give all of them: those it gave did the
/// work.
bool run_on_own_threads(Loop& loop, int n_threads) {
    std::vector<std::thread> threads;
    threads.reserve(n_threads - 1);
    std::mutex starting;  // no thread ends before the last has started, so that all exist at once
    try {
        const std::lock_guard<std::mutex> lock(starting);
        for (int worker = 1; worker < n_threads; ++worker) {
            threads.emplace_back([&loop, &starting, worker] {
                loop.work(worker);
                const std::lock_guard<std::mutex> wait(starting);
            });
        }
    } catch (const std::exception&) {
        // No more threads, or no memory to start one.
    }
    loop.work(0);
    loop.attend();
    for (std::thread& thread : threads) thread.join();
    return static_cast<int>(threads.size()) == n_threads - 1;
}

#if defined(_OPENMP)
void run_on_openmp(Loop& loop, int n_threads) {
#pragma omp parallel num_threads(n_threads)
    {
        const int id = omp_get_thread_num();
        loop.work(id);
        if (id == 0) loop.attend();
    }
}
#endif

void run_team(Loop& loop, int n_threads) {
#if defined(_OPENMP)
    // An OpenMP runtime that cannot start a thread ends the process. So whenever this thread's team is to grow, threads
    // of our own are tried first, and OpenMP is not used if the system refuses one of them.
    thread_local int granted = 1;
    if (!forked && n_threads <= granted) {
        granted = n_threads;  // threads that are not needed are given back
        run_on_openmp(loop, n_threads);
        return;
    }
    if (run_on_own_threads(loop, n_threads)) granted = n_threads;
#else
    run_on_own_threads(loop, n_threads);
#endif
}

bool inside_parallel_region() {
#if defined(_OPENMP)
    return omp_in_parallel() != 0;
#else
    return false;
#endif
}

}  // namespace

void detail::run(Index n, int n_threads, const Poll& poll, void* context, Body body) {
    thread_local Patience patience;
    const bool has_team = std::min<Index>(n, n_threads) > 1 && !inside_parallel_region();
    const auto is_alone = [&](Index n_left) {
        return n_left == 1 || !has_team || patience.is_out(Patience::Clock::now());
    };
    Index first = 0;
    {
        const Observed observed(poll);
        for (; first < n && is_alone(n - first); ++first) {
            if (first > 0) checkpoint();
            body(context, first, Worker(0));
        }
    }
    if (first == n) return;
    Loop loop(first, n, poll, context, body);
    const auto began = Patience::Clock::now();
    run_team(loop, static_cast<int>(std::min<Index>(n - first, n_threads)));
    patience.judge(began, Patience::Clock::now(), loop.work());
    loop.rethrow();
}

namespace {

void check(const detail::Place& at) {
    if (at.loop != nullptr) {
        at.loop->checkpoint(at.id);
    } else if (at.poll != nullptr) {
        ask(*at.poll);
    }
}

}  // namespace

void checkpoint() { check(place); }

Poll nested_poll() {
    return [outer = place] {
        check(outer);
        return true;
    };
}

Observed::Observed(const Poll& poll) noexcept : before_(std::exchange(place, detail::Place{nullptr, 0, &poll})) {}

Observed::~Observed() { place = before_; }

}  // namespace gaussmix::parallel
