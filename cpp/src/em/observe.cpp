#include "em/observe.hpp"

#include <limits>

#include "gaussmix/error.hpp"
#include "text/format.hpp"

namespace gaussmix::em {

bool go_on(const OnIteration& on_iteration, const Run& run, Index restart) {
    if (!on_iteration) return true;
    const std::vector<double>& history = run.history();
    const std::size_t n = history.size();
    const double change = n > 1 ? history[n - 1] - history[n - 2] : std::numeric_limits<double>::quiet_NaN();
    return on_iteration({restart, static_cast<Index>(n), history.back(), change});
}

void check_strict(const Options& options, const Model& model) {
    if (!options.strict || model.events.empty()) return;
    throw Error(Errc::degenerate, text::format("{}; or allow it with strict=False", describe(model.events.front())));
}

}  // namespace gaussmix::em
