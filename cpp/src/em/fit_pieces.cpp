/// The fit of rows in pieces: summarised, sampled, then one visit an iteration.
#include <algorithm>
#include <string>
#include <utility>

#include "em/mstep/prior.hpp"
#include "em/observe.hpp"
#include "em/run/options.hpp"
#include "em/starts/default_prior.hpp"
#include "em/starts/sample.hpp"
#include "em/starts/start.hpp"
#include "em/units.hpp"
#include "gaussmix/fit.hpp"
#include "text/invalid.hpp"

namespace gaussmix {
namespace {

template <class Visit>
void for_each_piece(const Pieces& pieces, Visit visit) {
    Index i = 0;
    while (const std::optional<Piece> piece = pieces(i)) {
        visit(*piece);
        ++i;
    }
}

Summary summary_of(const Pieces& pieces, const Execution& execution) {
    Summary sum;
    for_each_piece(pieces,
                   [&](const Piece& piece) { sum = merge(sum, summarize(piece.x, piece.sample_weight, execution)); });
    return sum;
}

Moments moments_of(const Pieces& pieces, const Run& run, const Execution& execution) {
    Moments sum;
    for_each_piece(pieces, [&](const Piece& piece) {
        sum = merge(
            sum, accumulate(run.scorer(), scatter_for(run.options().family), piece.x, piece.sample_weight, execution));
    });
    return sum;
}

em::Sample sample_of(const Pieces& pieces, const Options& options, const Summary& summary, const Execution& execution) {
    random::Generator generator(options.seed, 0);
    em::PieceSampler sampler(summary, em::rows_for_a_fit(options, signed_size(summary.means)), generator);
    for_each_piece(pieces, [&](const Piece& piece) {
        const rows::Context context(execution);
        sampler.visit({piece.x, piece.sample_weight, context});
    });
    return std::move(sampler).sample();
}

/// Where the fit of a sample ended.
Start start_on(const em::Sample& sample, Options options, const Execution& execution) {
    if (options.max_iter > 0) options.max_iter = std::max(options.max_iter, Options{}.max_iter);
    options.tol = std::max(options.tol, Options{}.tol);
    options.strict = false;
    const Model found =
        fit(options, row_major(sample.values, sample.n_features), WeightsView(sample.weights), {}, execution);
    if (found.posterior) return Inferred{found.parameters, *found.posterior};
    return found.parameters;
}

Run run_from(const Start& start, const Options& options, const Summary& summary, const Execution& execution) {
    if (const auto* from = std::get_if<Inferred>(&start)) {
        return Run(options, summary, from->parameters, from->posterior, execution);
    }
    return Run(options, summary, std::get<Parameters>(start), execution);
}

void check_start_of_pieces(const Start& start) {
    if (!std::holds_alternative<Labels>(start) && !std::holds_alternative<Responsibilities>(start)) return;
    text::invalid(
        "init has labels or responsibilities, which rows in pieces cannot start from: give parameters, as those "
        "of a fit to some of the rows");
}

void check_rows(const Summary& summary, const Options& options) {
    if (!(summary.total_weight > 0)) {
        text::invalid("pieces have no rows of positive weight: give at least n_components");
    }
    if (summary.n_rows < options.n_components) {
        text::invalid("n_components={} needs at least as many rows, pieces have {}: lower n_components or add rows",
                      options.n_components, summary.n_rows);
    }
    if (!em::Units(summary, options).plain()) {
        text::invalid(
            "pieces hold numbers whose squares leave the range of doubles: divide such features by a power of "
            "ten, or give the rows as one matrix");
    }
}

}  // namespace

Model fit(const Options& options, const Pieces& pieces, const Start& start, const Execution& execution,
          const OnIteration& on_iteration) {
    em::check(options);
    check_start_of_pieces(start);
    if (!pieces) text::invalid("pieces is no function: give one that returns each piece in turn");
    const Summary summary = summary_of(pieces, execution);
    check_rows(summary, options);
    const Index d = signed_size(summary.means);
    em::check_size(options, d);
    if (options.prior) em::check_given(*options.prior, options, d);

    Options chosen = options;
    const bool is_given = !std::holds_alternative<std::monostate>(start);
    Start from = start;
    if (!is_given || chosen.prior) {
        const em::Sample sample = sample_of(pieces, options, summary, execution);
        const rows::Context context(execution);
        if (chosen.prior) chosen.prior = em::complete(*chosen.prior, options, summary, sample.rows(context));
        if (!is_given) from = start_on(sample, chosen, execution);
    }
    Run run = run_from(from, chosen, summary, execution);
    while (!run.done()) {
        run.advance(moments_of(pieces, run, execution));
        if (!em::go_on(on_iteration, run, 0)) run.interrupt();
    }
    Model model = run.model();
    em::check_strict(options, model);
    return model;
}

}  // namespace gaussmix
