/// What every loop over rows needs in order to run: kernels, threads, poll.
#pragma once

#include <optional>

#include "cpu/dispatch.hpp"
#include "gaussmix/execution.hpp"
#include "parallel/parallel.hpp"
#include "parallel/threads.hpp"

namespace gaussmix::rows {

struct Context {
    /// For one call, whose work has `n_parts` parts.
    explicit Context(const Execution& execution, Index n_parts = parallel::most_threads)
        : Context(execution, n_parts, std::nullopt) {
        observed.emplace(poll);
    }

    /// Returns a context for later calls, each of which must be `Observed` itself.
    static Context lasting(const Execution& execution) { return {execution, parallel::most_threads, std::nullopt}; }

    const kernels::Table& table;
    int n_threads;
    parallel::Poll poll;
    std::optional<parallel::Observed> observed;  ///< so that serial work asks the poll too

private:
    Context(const Execution& execution, Index n_parts, std::nullopt_t)
        : table(cpu::table(execution.instruction_set)),
          n_threads(parallel::resolve_threads(execution.n_threads, n_parts)),
          poll(execution.poll) {}
};

}  // namespace gaussmix::rows
