#include "em/run/iterate.hpp"

#include <utility>

namespace gaussmix::em {

Ascent::Ascent(Run beginning, Passes& pass) : run(std::move(beginning)), reading(pass, run) {}

void iterate(Ascent& ascent, const std::function<bool()>& go_on) {
    Run& run = ascent.run;
    while (!run.done()) {
        run.advance(ascent.reading.moments(run));
        ascent.pairs.push_back(ascent.reading.share());
        if (!go_on()) return;
    }
}

}  // namespace gaussmix::em
