/// What every loop over rows needs to know of how to work: kernels, threads, poll.
#pragma once

#include <optional>

#include "cpu/dispatch.hpp"
#include "gaussmix/execution.hpp"
#include "parallel/parallel.hpp"
#include "parallel/threads.hpp"

namespace gaussmix::rows {

struct Context {
    /// For one call, of work in so many parts.
    explicit Context(const Execution& execution, Index n_parts = parallel::most_threads)
        : Context(execution, n_parts, std::nullopt) {
        observed.emplace(poll);
    }

    /// For calls to come. Each of them is `Observed` by itself.
    static Context lasting(const Execution& execution) { return {execution, parallel::most_threads, std::nullopt}; }

    const kernels::Table& table;
    int n_threads;
    parallel::Poll poll;
    std::optional<parallel::Observed> observed;  ///< serial work asks the poll too

private:
    Context(const Execution& execution, Index n_parts, std::nullopt_t)
        : table(cpu::table(execution.instruction_set)),
          n_threads(parallel::resolve_threads(execution.n_threads, n_parts)),
          poll(execution.poll) {}
};

}  // namespace gaussmix::rows
