/// The loop over chunks of rows, in parallel, with storage that each thread keeps from one chunk to the next.
#pragma once

#include <memory>
#include <vector>

#include "rows/context.hpp"
#include "rows/plan.hpp"

namespace gaussmix::rows {

/// One worker per thread, made when the thread first needs it. It may serve several loops.
template <class Worker>
class Workers {
public:
    explicit Workers(const Context& context) : workers_(context.n_threads) {}

    /// Calls body(worker, chunk) for each chunk of the plan; make() returns a std::unique_ptr to a new worker.
    template <class Make, class Body>
    void for_each_chunk(const Plan& plan, const Context& context, Make make, Body body) {
        parallel::parallel_for(plan.n_chunks, context.n_threads, context.poll,
                               [&](Index chunk, const parallel::Worker& thread) {
                                   auto& worker = workers_[thread.id()];
                                   if (!worker) worker = make();
                                   body(*worker, chunk);
                               });
    }

private:
    std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace gaussmix::rows
