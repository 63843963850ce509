#include "em/run/iterate.hpp"

#include <utility>

namespace gaussmix::em {

LocalRun::LocalRun(Run beginning, Passes& passes) : run(std::move(beginning)), reading(passes, run) {}

void iterate(LocalRun& local, const std::function<bool()>& go_on) {
    Run& run = local.run;
    while (!run.done()) {
        run.advance(local.reading.moments(run));
        local.pairs.push_back(local.reading.pairs());
        if (!go_on()) return;
    }
}

}  // namespace gaussmix::em
