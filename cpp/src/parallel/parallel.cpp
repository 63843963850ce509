#include "parallel/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#if defined(_OPENMP)
#include <omp.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

#include "gaussmix/error.hpp"
#include "parallel/threads.hpp"

namespace gaussmix::parallel {
namespace {

/// Set in a child of fork, where the threads of the parent's OpenMP pool do not exist.
std::atomic<bool> forked{false};

#if defined(__unix__) || defined(__APPLE__)
[[maybe_unused]] const int fork_handler = pthread_atfork(nullptr, nullptr, [] { forked = true; });
#endif

/// Thrown out of the bodies of other threads once the loop was stopped.
class Stopped : public std::exception {};

}  // namespace

/// The state that the threads of one loop share.
class Loop {
public:
    Loop(Index n, const Poll& poll, void* context, detail::Body body)
        : n_(n), poll_(poll), context_(context), body_(body) {}

    /// Takes indices until none is left or the loop was stopped.
    void work(int id) noexcept {
        const Worker worker(*this, id);
        try {
            while (!stopped_.load(std::memory_order_relaxed)) {
                const Index index = next_.fetch_add(1, std::memory_order_relaxed);
                if (index >= n_) return;
                body_(context_, index, worker);
                worker.checkpoint();
            }
        } catch (const Stopped&) {
        } catch (...) {
            const std::lock_guard<std::mutex> lock(mutex_);
            if (!failure_) failure_ = std::current_exception();
            stopped_ = true;
        }
    }

    void checkpoint(int id) const {
        if (stopped_.load(std::memory_order_relaxed)) throw Stopped{};
        if (id == 0 && poll_ && !poll_()) throw Error(Errc::interrupted, "interrupted by the observer");
    }

    void rethrow() const {
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    const Index n_;
    const Poll& poll_;
    void* const context_;
    const detail::Body body_;
    std::atomic<Index> next_{0};
    std::atomic<bool> stopped_{false};
    std::mutex mutex_;
    std::exception_ptr failure_;
};

void Worker::checkpoint() const { loop_.checkpoint(id_); }

namespace {

void run_on_own_threads(Loop& loop, int n_threads) {
    std::vector<std::thread> threads;
    threads.reserve(static_cast<std::size_t>(n_threads) - 1);
    try {
        for (int worker = 1; worker < n_threads; ++worker) {
            threads.emplace_back([&loop, worker] { loop.work(worker); });
        }
    } catch (const std::system_error&) {
        // The system gives no more threads: those there are do the work.
    }
    loop.work(0);
    for (std::thread& thread : threads) thread.join();
}

void run_team(Loop& loop, int n_threads) {
#if defined(_OPENMP)
    if (!forked) {
#pragma omp parallel num_threads(n_threads)
        loop.work(omp_get_thread_num());
        return;
    }
#endif
    run_on_own_threads(loop, n_threads);
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
    if (n <= 0) return;
    Loop loop(n, poll, context, body);
    const int team = static_cast<int>(std::min<Index>(n, n_threads));
    if (team <= 1 || inside_parallel_region()) {
        loop.work(0);
    } else {
        run_team(loop, team);
    }
    loop.rethrow();
}

std::string openmp_runtime() {
#if defined(_OPENMP)
#if defined(__clang__)
    const char* runtime = "libomp";
#elif defined(__GNUC__)
    const char* runtime = "libgomp";
#else
    const char* runtime = "unknown runtime";
#endif
    return std::string(runtime) + ", OpenMP " + std::to_string(_OPENMP);
#else
    return {};
#endif
}

}  // namespace gaussmix::parallel
