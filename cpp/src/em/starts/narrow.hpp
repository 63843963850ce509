/// The default ridge where clusters are far narrower than all rows together: it is then relative to them, not to the
/// rows, or it would blur them.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "em/starts/sample.hpp"
#include "gaussmix/run.hpp"

namespace gaussmix::em {

/// A source of rows that are read only if a component is narrow.
using Look = std::function<const Sample&()>;

/// Returns the summary with the variances that the default ridge is relative to lowered to those of narrow clusters;
/// nothing if there are none, or the ridge is not the default one. `summary` is that of the run. A component of the run
/// is narrow in a feature in which it has a thousandth of the variance there, without the ridge. Its cluster is
/// believed if enough distinct values of its rows support it, and its variance is that of the distinct values, so that
/// neither copies of a row nor constant features can make the ridge vanish.
std::optional<Summary> narrowed(const Summary& summary, const Run& run, const Look& look, const Execution& execution);

/// Returns a run from moments or parameters, with a ridge that does not blur narrow clusters.
template <class From>
Run sharp_run(const Options& options, const Summary& summary, const From& from, const Look& look,
              const Execution& execution) {
    Run run(options, summary, from, execution);
    const std::optional<Summary> units = narrowed(summary, run, look, execution);
    return units ? Run(options, *units, from, execution) : std::move(run);
}

}  // namespace gaussmix::em
