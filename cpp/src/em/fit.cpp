/// The fit of rows in memory: read once, start, iterate, keep the best restart.
#include "gaussmix/fit.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "em/iterate.hpp"
#include "em/options.hpp"
#include "em/start.hpp"
#include "gaussmix/error.hpp"

namespace gaussmix {
namespace {

Index rows_with_weight(WeightsView weights, Index n_rows) {
    if (!weights) return n_rows;
    Index count = 0;
    for (Index i = 0; i < n_rows; ++i) count += weights.data[i] > 0 ? 1 : 0;
    return count;
}

void check_rows(const Options& options, const MatrixView& x, WeightsView weights) {
    const Index rows = rows_with_weight(weights, x.n_rows);
    if (rows >= options.n_components) return;
    throw Error(Errc::invalid_argument, "n_components=" + std::to_string(options.n_components) + " needs at least " +
                                            std::to_string(options.n_components) + " rows" +
                                            (weights ? " of positive weight" : "") + ", X has " + std::to_string(rows) +
                                            ": lower n_components or add rows");
}

/// Tells of the iteration just done; false when whoever listens asks to stop.
bool go_on(const OnIteration& on_iteration, const Run& run, Index restart) {
    if (!on_iteration) return true;
    const std::vector<double>& history = run.history();
    const std::size_t n = history.size();
    const double change = n > 1 ? history[n - 1] - history[n - 2] : std::numeric_limits<double>::quiet_NaN();
    return on_iteration({restart, static_cast<Index>(n), history.back(), change});
}

}  // namespace

Fit fit(const MatrixView& x, const Options& options, WeightsView sample_weight, const Start& start,
        const Execution& execution, const OnIteration& on_iteration) {
    em::check(options);
    rows::check(x);
    rows::check(sample_weight, x.n_rows);
    check_rows(options, x, sample_weight);
    em::check(start, options, x);
    const rows::Context context(execution);
    const em::Rows rows{x, sample_weight, context};
    const Summary summary = summarize(x, sample_weight, execution);
    const bool start_is_given = !std::holds_alternative<std::monostate>(start);
    const Index n_init = start_is_given ? 1 : options.n_init;

    Fit best;
    for (Index restart = 0; restart < n_init && best.status != Status::interrupted; ++restart) {
        Run run = em::begin(rows, options, summary, start, restart, execution);
        std::vector<PairShare> pairs =
            em::iterate(run, rows, options, [&] { return go_on(on_iteration, run, restart); });
        if (restart == 0 || run.history().back() > best.history.back()) {
            best = {run.parameters(), run.scorer(),     run.status(), static_cast<Index>(run.history().size()),
                    run.history(),    std::move(pairs), run.events(), restart,
                    context.n_threads};
        }
        if (run.status() == Status::interrupted) best.status = Status::interrupted;
    }
    return best;
}

}  // namespace gaussmix
