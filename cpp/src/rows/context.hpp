/// What every loop over rows needs to know of how to work: kernels, threads, poll.
#pragma once

#include "cpu/dispatch.hpp"
#include "gaussmix/execution.hpp"
#include "parallel/parallel.hpp"
#include "parallel/threads.hpp"

namespace gaussmix::rows {

struct Context {
    /// For work in so many parts.
    explicit Context(const Execution& execution, Index n_parts = parallel::most_threads)
        : table(cpu::table(execution.instruction_set)),
          n_threads(parallel::resolve_threads(execution.n_threads, n_parts)),
          poll(execution.poll),
          observed(poll) {}

    const kernels::Table& table;
    int n_threads;
    parallel::Poll poll;
    parallel::Observed observed;  ///< serial work asks it too
};

}  // namespace gaussmix::rows
