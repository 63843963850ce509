/// The fit of rows in memory: read once, start, iterate, keep the best restart.
#include "gaussmix/fit.hpp"

#include <algorithm>
#include <string>

#include "em/ends.hpp"
#include "em/holes.hpp"
#include "em/mstep/known.hpp"
#include "em/mstep/prior.hpp"
#include "em/noise_start.hpp"
#include "em/observe.hpp"
#include "em/run/affinity.hpp"
#include "em/run/iterate.hpp"
#include "em/run/options.hpp"
#include "em/starts/default_prior.hpp"
#include "em/starts/matching.hpp"
#include "em/starts/sample.hpp"
#include "em/starts/start.hpp"
#include "em/starts/volume.hpp"
#include "em/units.hpp"
#include "rows/allowed.hpp"
#include "rows/summary.hpp"
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

/// The likelihood of a collapsed fit is bounded only by the ridge, so any other fit is better.
bool is_better(const Model& fit, const Model& best) {
    if (fit.collapsed.empty() != best.collapsed.empty()) return fit.collapsed.empty();
    return fit.history.back() > best.history.back();
}

em::Sample sample_of(const rows::Data& rows, const Summary& summary, Index size, std::uint64_t seed) {
    random::Generator generator(seed, 0);
    return em::Sampler(rows, summary, 2 * size).draw(size, generator);
}

/// Fits of the same rows, in the units that they are in.
class Fits {
public:
    Fits(const rows::Data& rows, const Summary& summary, const Execution& execution, const OnIteration& on_iteration)
        : rows_(rows), summary_(summary), execution_(execution), on_iteration_(on_iteration) {}

    /// Returns the best of all restarts and of fits from the ends of other families, if these are worth trying.
    Model best_of(const Options& options, const Start& start) const {
        const families::Family& family = families::get(options.covariance_type);
        const bool start_is_given = !std::holds_alternative<std::monostate>(start);
        const Index n_init = start_is_given || options.max_iter == 0 ? 1 : options.n_init;
        em::Passes pass(rows_, options.n_components, family.scatter);
        Model best = climb(pass, options, start, 0);
        const auto consider = [&best](Model other) {
            const bool stopped = other.status == Status::interrupted;
            other.ends.insert(other.ends.end(), best.ends.begin(), best.ends.end());
            best.ends = other.ends;
            if (is_better(other, best)) best = std::move(other);
            if (stopped) best.status = Status::interrupted;
        };
        if (rows_.allowed && !start_is_given && options.effort != Effort::low && options.max_iter > 0 &&
            !options.variational && options.n_components > 1 && best.status != Status::interrupted) {
            consider(climb(pass, options, unrestricted(options), 0));
        }
        for (Index restart = 1; restart < n_init && best.status != Status::interrupted; ++restart) {
            consider(climb(pass, options, start, restart));
        }
        const bool is_of_rows =
            std::holds_alternative<Labels>(start) || std::holds_alternative<Responsibilities>(start);
        if (!is_of_rows || options.effort == Effort::low) return best;
        for (const CovarianceType within : family.footholds()) {
            if (best.status != Status::converged) break;
            if (options.prior && families::get(within).whitening.is_separable()) continue;  // it has another shape
            Options smaller = options;
            smaller.covariance_type = within;
            em::Passes smaller_pass(rows_, options.n_components, families::get(within).scatter);
            const Model end = climb(smaller_pass, smaller, start, 0);
            if (end.status == Status::interrupted) best.status = Status::interrupted;
            if (end.status != Status::converged || !end.collapsed.empty()) continue;
            consider(climb(pass, options, end.parameters, 0));
        }
        return best;
    }

private:
    /// Returns the end of a fit that does not know what the rows may have come from, its components in the order that
    /// suits them.
    Parameters unrestricted(const Options& options) const {
        rows::Data rows = rows_;
        rows.allowed = {};
        const Parameters end = Fits(rows, summary_, execution_, {}).best_of(options, {}).parameters;
        return em::matched(end, em::affinity(rows_, prepare(end, execution_)));
    }

    Parameters beside_noise(const Options& options, Index restart) const {
        const auto fit_sample = [&](const em::Sample& sample, Options own) {
            own.seed = random::Generator(options.seed, static_cast<std::uint64_t>(restart)).next();
            const rows::Data rows = sample.rows(rows_.context);
            const Summary summary = summarize(rows.x, rows.weights, execution_);
            return Fits(rows, summary, execution_, {}).best_of(own, {});
        };
        constexpr Index part = 4;  // of what a whole fit is worth: all rows of the background are seen later
        const Index size = em::rows_for_a_fit(options, rows_.x.n_features) / part;
        const em::Sample sample = sample_of(rows_, summary_, size, options.seed);
        return em::start_beside_noise(sample, options, fit_sample, execution_);
    }

    Model climb(em::Passes& pass, const Options& options, const Start& start, Index restart) const {
        const bool watched = static_cast<bool>(on_iteration_);
        const bool is_given = !std::holds_alternative<std::monostate>(start);
        const Start from = options.noise && !is_given && !rows_.allowed ? beside_noise(options, restart) : start;
        const auto local = em::begin(pass, options, summary_, from, restart, watched, execution_);
        Run& run = local->run;
        em::iterate(*local, [&] {
            const bool wanted = em::go_on(on_iteration_, run, restart);
            if (!wanted) run.interrupt();
            return wanted;
        });
        std::vector<Index> collapsed = collapsed_components(run, rows_, summary_);
        Model fit = std::move(run).model();
        fit.collapsed = std::move(collapsed);
        fit.restart = restart;
        fit.pairs = std::move(local->pairs);
        if (!fit.history.empty()) {
            // The other ends are shifted by what this run gained since its start; a collapsed run says nothing about
            // them.
            if (fit.collapsed.empty()) fit.ends = std::move(local->others);
            em::shift(fit.ends, fit.history.back() - local->height);
            fit.ends.push_back({fit.history.back(), 1, !fit.collapsed.empty()});
        }
        fit.n_threads = rows_.context.n_threads;
        return fit;
    }

    const rows::Data& rows_;
    const Summary& summary_;
    const Execution& execution_;
    const OnIteration& on_iteration_;
};

/// Fits rows of which some values are missing. If a component collapses, other starts are tried, up to four, without a
/// search: one on completed rows may have ended where the rows as they are collapse.
Model fit_around_holes(const rows::Data& rows, const Summary& summary, Options options, const Start& start,
                       const Execution& execution, const OnIteration& on_iteration) {
    constexpr Index most_starts = 5;
    Model best = em::fit_with_holes(rows, summary, options, start, execution, on_iteration);
    random::Generator seeds(options.seed, 0);
    for (Index restart = 1; restart < most_starts && std::holds_alternative<std::monostate>(start); ++restart) {
        if (best.collapsed.empty() || best.status == Status::interrupted || options.max_iter == 0) break;
        options.seed = seeds.next();
        options.effort = Effort::low;
        const OnIteration watch = [&](Progress progress) {
            progress.restart = restart;
            return on_iteration(progress);
        };
        Model other =
            em::fit_with_holes(rows, summary, options, start, execution, on_iteration ? watch : OnIteration{});
        other.restart = restart;
        const bool stopped = other.status == Status::interrupted;
        if (is_better(other, best)) best = std::move(other);
        if (stopped) best.status = Status::interrupted;
    }
    return best;
}

constexpr std::uint64_t any_seed = 0;  // the volume of a background is the same for all seeds

Model fit_rows(const rows::Data& rows, const Summary& summary, Options options, const Start& start,
               const Execution& execution, const OnIteration& on_iteration) {
    if (rows::has_holes(summary)) return fit_around_holes(rows, summary, options, start, execution, on_iteration);
    if (options.prior) options.prior = em::complete(*options.prior, options, summary, rows);
    Summary units = summary;
    if (options.noise) {
        const Index size = em::rows_for_a_fit(options, rows.x.n_features);
        const em::Sample sample = sample_of(rows, summary, size, any_seed);
        units = em::without_far_rows(summary, sample);
        if (!options.noise->complete()) options.noise = complete(*options.noise, options, units, sample);
    }
    return Fits(rows, units, execution, on_iteration).best_of(options, start);
}

/// Does the same if squares of the data would leave the range of doubles.
Model fit_scaled(const rows::Data& rows, const em::Units& units, const Options& options, const Start& start,
                 const Execution& execution, const OnIteration& on_iteration) {
    const std::vector<double> scaled = units.apply(rows.x);
    MatrixView x = row_major(scaled.data(), rows.x.n_rows, rows.x.n_features);
    x.missing = rows.x.missing;
    rows::Data in_units{x, rows.weights, rows.context};
    in_units.allowed = rows.allowed;
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
    return fit(options, Piece{x, sample_weight}, start, execution, on_iteration);
}

Model fit(const Options& options, const Piece& all, const Start& start, const Execution& execution,
          const OnIteration& on_iteration) {
    const MatrixView& x = all.x;
    const WeightsView sample_weight = all.sample_weight;
    em::check(options);
    rows::check(x);
    rows::check(sample_weight, x.n_rows);
    rows::check(all.allowed, x.n_rows);
    rows::check_terms(all.allowed, options.n_components, options.noise.has_value());
    check_rows(options, x, sample_weight);
    em::check_size(options, x.n_features);
    em::check(start, options, x);
    if (!std::holds_alternative<Parameters>(start)) em::check_nothing_fixed(options);
    if (options.prior) em::check_given(*options.prior, options, x.n_features);
    const rows::Context context(execution);
    parallel::checkpoint();  // the only one of a short fit
    const std::vector<double> scaled_weights = em::rescale_extreme_weights(sample_weight);
    const WeightsView weights = scaled_weights.empty() ? sample_weight : WeightsView{scaled_weights.data(), x.n_rows};
    rows::Data rows{x, weights, context};
    rows.allowed = all.allowed;
    const Execution decided{context.n_threads, context.table.name, execution.poll};  // so that the system is asked once
    const Summary summary = summarize(x, weights, decided);
    em::check_holes(summary);
    em::check_spread(options.bounds, summary);  // here too, for the message to have the numbers of the caller
    const em::Units units(summary, options);
    Model result = units.is_identity() ? fit_rows(rows, summary, options, start, decided, on_iteration)
                                       : fit_scaled(rows, units, options, start, decided, on_iteration);
    result.missing = x.missing;
    em::check_strict(options, result);
    result.ends = em::distinct(std::move(result.ends), std::max(options.tol, Options{}.tol));
    return result;
}

}  // namespace gaussmix
