/// The fit of rows in memory: read once, start, iterate, keep the best restart.
#include "gaussmix/fit.hpp"

#include <algorithm>
#include <string>

#include "em/mstep/prior.hpp"
#include "em/observe.hpp"
#include "em/run/iterate.hpp"
#include "em/run/options.hpp"
#include "em/starts/default_prior.hpp"
#include "em/starts/sample.hpp"
#include "em/starts/start.hpp"
#include "em/units.hpp"
#include "text/invalid.hpp"

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
    text::invalid("n_components={} needs at least {} rows{}, X has {}: lower n_components or add rows",
                  options.n_components, options.n_components, weights ? " of positive weight" : "", rows);
}

std::vector<Index> collapsed_components(const Run& run, const rows::Data& rows, const Summary& summary) {
    if (run.events().empty()) return {};
    return run.collapsed(em::Sampler(rows, summary, rows.x.n_features + 1).n_distinct());
}

/// The likelihood of a collapsed run has no bound but the ridge: it gives way to any other.
bool is_better(const Run& run, const std::vector<Index>& collapsed, const Model& best) {
    if (collapsed.empty() != best.collapsed.empty()) return collapsed.empty();
    return run.history().back() > best.history.back();
}

/// All restarts, in the units that the rows are in.
Model fit_rows(const rows::Data& rows, const Summary& summary, Options options, const Start& start,
               const Execution& execution, const OnIteration& on_iteration) {
    if (options.prior) options.prior = em::complete(*options.prior, options, summary, rows);
    const bool start_is_given = !std::holds_alternative<std::monostate>(start);
    const Index n_init = start_is_given || options.max_iter == 0 ? 1 : options.n_init;
    em::Passes pass(rows, options.n_components, families::get(options.family).scatter);
    const bool watched = static_cast<bool>(on_iteration);
    Model best;
    best.status = Status::running;
    for (Index restart = 0; restart < n_init && best.status != Status::interrupted; ++restart) {
        const auto ascent = em::begin(pass, options, summary, start, restart, watched, execution);
        Run& run = ascent->run;
        em::iterate(*ascent, [&] {
            const bool wanted = em::go_on(on_iteration, run, restart);
            if (!wanted) run.interrupt();
            return wanted;
        });
        std::vector<Index> collapsed = collapsed_components(run, rows, summary);
        const Status status = run.status();
        if (restart == 0 || is_better(run, collapsed, best)) {
            best = std::move(run).model();
            best.collapsed = std::move(collapsed);
            best.restart = restart;
            best.pairs = std::move(ascent->pairs);
            best.n_threads = rows.context.n_threads;
        }
        if (status == Status::interrupted) best.status = Status::interrupted;
    }
    return best;
}

/// The same where squares of the data as they are would leave the range of doubles.
Model fit_scaled(const rows::Data& rows, const em::Units& units, const Options& options, const Start& start,
                 const Execution& execution, const OnIteration& on_iteration) {
    const std::vector<double> scaled = units.apply(rows.x);
    const rows::Data in_units{row_major(scaled.data(), rows.x.n_rows, rows.x.n_features), rows.weights, rows.context};
    Summary summary = summarize(in_units.x, rows.weights, execution);
    summary.exponents = units.exponents();
    const auto fit = [&](const Options& chosen, const Start& from, const OnIteration& watch) {
        return fit_rows(in_units, summary, chosen, from, execution, watch);
    };
    return units.fit_in(fit, options, start, summary.total_weight, execution, on_iteration);
}

}  // namespace

Model fit(const Options& options, const MatrixView& x, WeightsView sample_weight, const Start& start,
          const Execution& execution, const OnIteration& on_iteration) {
    em::check(options);
    rows::check(x);
    rows::check(sample_weight, x.n_rows);
    check_rows(options, x, sample_weight);
    em::check_size(options, x.n_features);
    em::check(start, options, x);
    if (options.prior) em::check_given(*options.prior, options, x.n_features);
    const rows::Context context(execution);
    parallel::checkpoint();  // of a short fit the only one
    const std::vector<double> scaled_weights = em::comfortable_weights(sample_weight);
    const WeightsView weights = scaled_weights.empty() ? sample_weight : WeightsView{scaled_weights.data(), x.n_rows};
    const rows::Data rows{x, weights, context};
    const Execution decided{context.n_threads, context.table.name, execution.poll};  // asked of the system once
    const Summary summary = summarize(x, weights, decided);
    const em::Units units(summary, options);
    Model result = units.plain() ? fit_rows(rows, summary, options, start, decided, on_iteration)
                                 : fit_scaled(rows, units, options, start, decided, on_iteration);
    em::check_strict(options, result);
    return result;
}

}  // namespace gaussmix
