/// The fit of rows in pieces: a summary, a sample, then one visit per iteration.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "em/ends.hpp"
#include "em/holes.hpp"
#include "em/mstep/known.hpp"
#include "em/mstep/prior.hpp"
#include "em/observe.hpp"
#include "em/run/affinity.hpp"
#include "em/run/iterate.hpp"
#include "em/run/options.hpp"
#include "em/run/piece_bounds.hpp"
#include "em/starts/clusters.hpp"
#include "em/starts/default_prior.hpp"
#include "em/starts/donors.hpp"
#include "em/starts/matching.hpp"
#include "em/starts/narrow.hpp"
#include "em/starts/sample.hpp"
#include "em/starts/start.hpp"
#include "em/starts/volume.hpp"
#include "em/units.hpp"
#include "gaussmix/bytes.hpp"
#include "gaussmix/fit.hpp"
#include "random/random.hpp"
#include "rows/allowed.hpp"
#include "rows/summary.hpp"
#include "rows/tile.hpp"
#include "text/invalid.hpp"

namespace gaussmix {
namespace {

/// The visits of a fit to its rows. Results that the journal already has are taken from it.
class Visits {
public:
    explicit Visits(const Journal& journal) : journal_(journal) {}
    Visits(const Visits&) = delete;
    Visits& operator=(const Visits&) = delete;
    virtual ~Visits() = default;

    Summary summary() const {
        return recall(summary_from_bytes, [&] { return summarize_all(); });
    }

    Moments moments(const Run& run) {
        return recall(moments_from_bytes, [&] { return accumulate_all(run); });
    }

    /// Returns what the last such visit did with the pairs of a row and a component.
    virtual PairShare pairs() const noexcept { return {}; }

    /// Returns the mixture with its components in the order that suits what the rows may have come from, if they tell.
    Parameters matched(const Parameters& found, const Execution& execution) const {
        if (!tells_components_) return found;
        const Scorer scorer = prepare(found, execution);
        return em::matched(found, recall(numbers_from_bytes, [&] { return affinity_of_all(scorer); }));
    }

    em::Sample sample(const Options& options, const Summary& summary) const {
        const Index d = signed_size(summary.means);
        std::vector<double> numbers = recall(numbers_from_bytes, [&] {
            const Index size = em::rows_for_a_fit(options, d);
            em::Sample drawn = draw_from_all(summary, size, options.seed);
            em::scale_weights(drawn, summary, size);
            drawn.values.insert(drawn.values.end(), drawn.weights.begin(), drawn.weights.end());
            drawn.values.push_back(tells_components() ? 1 : 0);
            return std::move(drawn.values);
        });
        tells_components_ = numbers.back() != 0;
        numbers.pop_back();
        const Index n_values = signed_size(numbers) / (d + 1) * d;
        em::Sample drawn{{d, {}, {numbers.begin() + n_values, numbers.end()}}};
        numbers.resize(n_values);
        drawn.values = std::move(numbers);
        return drawn;
    }

private:
    virtual Summary summarize_all() const = 0;
    virtual Moments accumulate_all(const Run& run) = 0;
    virtual em::Sample draw_from_all(const Summary& summary, Index size, std::uint64_t seed) const = 0;
    virtual bool tells_components() const { return false; }
    virtual std::vector<double> affinity_of_all(const Scorer&) const { return {}; }

    template <class From, class Make>
    std::invoke_result_t<Make> recall(From from_bytes, Make make) const {
        if (journal_.read) {
            if (const auto record = journal_.read()) return from_bytes(record->data(), record->size());
        }
        auto made = make();
        if (journal_.write) journal_.write(to_bytes(made));
        return made;
    }

    const Journal& journal_;
    mutable bool tells_components_ = false;  // known with the sample
};

/// Visits to each piece in turn.
class PieceVisits final : public Visits {
public:
    PieceVisits(const Pieces& pieces, const Execution& execution, const Journal& journal)
        : Visits(journal), pieces_(pieces), execution_(execution), keeps_bounds_(!journal.read && !journal.write) {}

    PairShare pairs() const noexcept override { return pairs_; }

private:
    Summary summarize_all() const override {
        Summary sum;
        for_each(
            [&](const Piece& piece, Index) { sum = merge(sum, summarize(piece.x, piece.sample_weight, execution_)); });
        return sum;
    }

    /// Without bounds if there is a journal: a fit that goes on from its records would not have them, and bounds change
    /// the order of rows, so the last bits.
    Moments accumulate_all(const Run& run) override {
        const auto n_components = static_cast<double>(run.parameters().n_components);
        PairShare counts{0, 0};
        double n_pairs = 0;
        Moments sum;
        for_each([&](const Piece& piece, Index i) {
            rows::check_piece(piece.x, piece.sample_weight);
            rows::check(piece.allowed, piece.x.n_rows);
            rows::check_features(piece.x, run.parameters().n_features);
            const rows::Context context(execution_);
            const rows::Data rows = data_of(piece, run.scorer(), context);
            em::Screening* bounds = keeps_bounds_ ? bounds_.of(i, rows, run) : nullptr;
            sum = merge(sum, em::moments_of(rows, run, bounds));
            const PairShare share = bounds == nullptr ? PairShare{} : bounds->share();
            const double own = n_components * static_cast<double>(piece.x.n_rows);
            counts.evaluated += own * share.evaluated;
            counts.kept += own * share.kept;
            n_pairs += own;
        });
        pairs_ = {counts.evaluated / n_pairs, counts.kept / n_pairs};
        return sum;
    }

    bool tells_components() const override { return tells_; }

    std::vector<double> affinity_of_all(const Scorer& mixture) const override {
        std::vector<double> sum(mixture.n_components() * mixture.n_components());
        const rows::Context context(execution_);
        for_each([&](const Piece& piece, Index) {
            if (!piece.allowed) return;
            const std::vector<double> own = em::affinity(data_of(piece, mixture, context), mixture);
            for (std::size_t at = 0; at < sum.size(); ++at) sum[at] += own[at];
        });
        return sum;
    }

    static rows::Data data_of(const Piece& piece, const Scorer& mixture, const rows::Context& context) {
        rows::check_terms(piece.allowed, mixture.n_components(), mixture.numbers().has_background());
        rows::Data rows{piece.x, piece.sample_weight, context};
        rows.allowed = piece.allowed;
        return rows;
    }

    em::Sample draw_from_all(const Summary& summary, Index size, std::uint64_t seed) const override {
        random::Generator generator(seed, 0);
        em::PieceSampler sampler(summary, size, generator);
        for_each([&](const Piece& piece, Index) {
            sampler.visit({piece.x, piece.sample_weight, rows::Context(execution_)});
            tells_ = tells_ || piece.allowed;
        });
        return std::move(sampler).sample();
    }

    template <class Visit>
    void for_each(Visit visit) const {
        Index i = 0;
        while (const std::optional<Piece> piece = pieces_(i)) {
            visit(*piece, i);
            ++i;
        }
    }

    const Pieces& pieces_;
    const Execution& execution_;
    bool keeps_bounds_;
    mutable bool tells_ = false;  // whether rows carry the components that they may have come from
    em::PieceBounds bounds_;
    PairShare pairs_;
};

/// Visits to rows in memory, some of whose values are missing.
class MemoryVisits final : public Visits {
public:
    MemoryVisits(const rows::Data& rows, const Summary& summary, const Execution& execution)
        : Visits(no_journal),
          rows_(rows),
          summary_(summary),
          shard_(Piece{rows.x, rows.weights, rows.allowed}, execution) {}

private:
    inline static const Journal no_journal;

    Summary summarize_all() const override { return summary_; }

    Moments accumulate_all(const Run& run) override { return shard_.moments(run); }

    bool tells_components() const override { return static_cast<bool>(rows_.allowed); }

    std::vector<double> affinity_of_all(const Scorer& mixture) const override { return em::affinity(rows_, mixture); }

    em::Sample draw_from_all(const Summary& summary, Index size, std::uint64_t seed) const override {
        random::Generator generator(seed, 0);
        em::PieceSampler sampler(summary, size, generator);
        sampler.visit(rows_);
        return std::move(sampler).sample();
    }

    const rows::Data& rows_;
    const Summary& summary_;
    Shard shard_;
};

/// Visits by way of `RemoteRows`.
class RemoteVisits final : public Visits {
public:
    RemoteVisits(const RemoteRows& rows, const Journal& journal) : Visits(journal), rows_(rows) {}

private:
    Summary summarize_all() const override { return rows_.summary(); }

    Moments accumulate_all(const Run& run) override {
        return rows_.moments(run.scorer(), scatter_for(run.options().covariance_type));
    }

    bool tells_components() const override { return static_cast<bool>(rows_.affinity); }

    std::vector<double> affinity_of_all(const Scorer& mixture) const override {
        std::vector<double> found = rows_.affinity(mixture);
        const Index n = mixture.n_components();
        if (signed_size(found) == n * n) return found;
        text::invalid("the affinity of the rows has {} numbers, expected {} for {} components", found.size(), n * n, n);
    }

    em::Sample draw_from_all(const Summary& summary, Index size, std::uint64_t seed) const override {
        em::Sample drawn{rows_.sample(summary, size, seed)};
        const Index d = signed_size(summary.means);
        if (drawn.n_features == d && !drawn.weights.empty() &&
            signed_size(drawn.values) == d * signed_size(drawn.weights)) {
            return drawn;
        }
        text::invalid(
            "the sample of the rows has {} numbers and {} weights for {} features, not those that `draw` gives",
            drawn.values.size(), drawn.weights.size(), d);
    }

    const RemoteRows& rows_;
};

/// Returns a fit to a sample, which may have missing values if a start is given.
Model fit_to(const em::Sample& sample, Options options, const Execution& execution, const Start& start = {}) {
    if (options.max_iter > 0) options.max_iter = std::max(options.max_iter, Options{}.max_iter);
    options.tol = std::max(options.tol, Options{}.tol);
    options.strict = false;
    MatrixView x = row_major(sample.values, sample.n_features);
    if (!std::holds_alternative<std::monostate>(start)) x.missing = Missing::em;
    return fit(options, x, WeightsView(sample.weights), start, execution);
}

/// Returns whether some row of a sample has each feature.
bool has_all_features(const em::Sample& sample) {
    const Index d = sample.n_features;
    std::vector<char> seen(d);
    for (Index i = 0; i < sample.n_rows(); ++i) {
        for (Index j = 0; j < d; ++j) {
            if (!std::isnan(sample.row(i)[j])) seen[j] = 1;
        }
    }
    return std::all_of(seen.begin(), seen.end(), [](char each) { return each != 0; });
}

/// Returns the end of a fit as a start.
Start start_from(const Model& found) {
    if (found.posterior) return Inferred{found.parameters, *found.posterior};
    return found.parameters;
}

Run run_from(const Start& start, const Options& options, const Summary& summary, const em::Look& look,
             const Execution& execution, const rows::Data* in_memory) {
    const auto from_clusters = [&](const em::Source& source) {
        const scatter::Form& scatter = families::get(options.covariance_type).scatter;
        return em::sharp_run(options, summary, em::clusters_with_holes(*in_memory, source, summary, scatter), look,
                             execution);
    };
    const Index n = options.n_components;
    if (const auto* labels = std::get_if<Labels>(&start)) return from_clusters({*labels, n, options.noise.has_value()});
    if (const auto* given = std::get_if<Responsibilities>(&start)) {
        return from_clusters({*given, n, given->values.n_features > n});
    }
    if (const auto* from = std::get_if<Inferred>(&start)) {
        return Run(options, summary, from->parameters, from->posterior, execution);
    }
    return em::sharp_run(options, summary, std::get<Parameters>(start), look, execution);
}

void check_start_of_pieces(const Start& start, const Options& options) {
    if (!std::holds_alternative<Parameters>(start)) em::check_nothing_fixed(options);
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
}

/// All visits but the first, in the units that the rows are in.
Model fit_rows(Visits& visits, Summary summary, Options options, Start start, const Execution& execution,
               const OnIteration& on_iteration, const rows::Data* in_memory = nullptr) {
    const bool is_given = !std::holds_alternative<std::monostate>(start);
    const rows::Context context(execution);
    std::vector<End> ends(1);
    em::Sample sample;  // without missing values
    em::Sample drawn;   // with them, if there are any
    bool is_whole = true;
    const auto draw_sample = [&] {
        sample = visits.sample(options, summary);
        if (!rows::has_holes(summary)) return;
        const Index size = em::rows_for_a_fit(options, signed_size(summary.means));
        drawn = sample.thinned(size / 2);
        is_whole = summary.n_rows <= size && drawn.n_rows() == sample.n_rows();
        sample = em::completed(sample.thinned(size / 8), summary, context);  // which only finds the clusters
    };
    if (!is_given || options.prior || options.noise) {
        draw_sample();
        const em::Sample& given = rows::has_holes(summary) ? drawn : sample;
        if (options.noise) summary = em::without_far_rows(std::move(summary), given);
        if (options.prior) options.prior = em::complete(*options.prior, options, summary, sample.rows(context));
        if (options.noise && !options.noise->complete()) {
            options.noise = complete(*options.noise, options, summary, given);
        }
        if (!is_given) {
            const Model found = fit_to(sample, options, execution);
            start = start_from(found);
            if (auto* from = std::get_if<Parameters>(&start)) *from = visits.matched(*from, execution);
            ends = found.ends;
            // Rows as they are, if these are some of many, take the start to where all rows may end soon.
            if (options.max_iter > 0 && !is_whole && has_all_features(drawn)) {
                start = start_from(fit_to(drawn, options, execution, start));
            }
        }
    }
    const em::Look look = [&]() -> const em::Sample& {
        if (sample.n_rows() == 0 && rows::has_holes(summary)) draw_sample();
        return sample;
    };
    Run run = run_from(start, options, summary, look, execution, in_memory);
    std::vector<PairShare> pairs;
    while (!run.done()) {
        run.advance(visits.moments(run));
        pairs.push_back(visits.pairs());
        if (!em::go_on(on_iteration, run, 0)) run.interrupt();
    }
    Model model = std::move(run).model();
    model.n_threads = context.n_threads;
    model.pairs = std::move(pairs);
    if (!model.history.empty()) {
        // The log-likelihood on all rows replaces that of the end that the fit continued from; the other ends move with
        // it.
        em::shift(ends, model.history.back() - ends.front().log_likelihood);
        ends.front().collapsed = !model.collapsed.empty();
        model.ends = std::move(ends);
    }
    return model;
}

/// Does the same if squares of the data would leave the range of doubles: each piece is copied into scaled units in
/// turn.
Model fit_scaled(const Pieces& pieces, const em::Units& units, const Options& options, const Start& start,
                 double total_weight, const Execution& execution, const OnIteration& on_iteration,
                 const Journal& journal) {
    std::vector<double> now;
    const Pieces scaled = [&](Index i) {
        std::optional<Piece> piece = pieces(i);
        if (!piece) return piece;
        now = units.apply(piece->x);
        const Missing missing = piece->x.missing;
        piece->x = row_major(now.data(), piece->x.n_rows, piece->x.n_features);
        piece->x.missing = missing;
        return piece;
    };
    PieceVisits visits(scaled, execution, journal);
    Summary summary = visits.summary();
    summary.exponents = units.exponents();
    const auto fit = [&](const Options& chosen, const Start& from, const OnIteration& watch) {
        return fit_rows(visits, summary, chosen, from, execution, watch);
    };
    return units.fit_in(fit, options, start, total_weight, execution, on_iteration);
}

/// Checks options against the summary of all rows.
void check(const Options& options, const Summary& summary) {
    check_rows(summary, options);
    em::check_holes(summary);
    em::check_spread(options.bounds, summary);  // here too, for the message to have the numbers of the caller
    const Index d = signed_size(summary.means);
    em::check_size(options, d);
    if (options.prior) em::check_given(*options.prior, options, d);
}

}  // namespace

void em::check_holes(const Summary& summary) {
    if (!rows::has_holes(summary)) return;
    for (Index j = 0; j < signed_size(summary.means); ++j) {
        if (summary.together[kernels::packed_index(j, j)] > 0) continue;
        text::invalid("X has no value in column {}, of any row of positive weight: leave the column out", j);
    }
}

Model em::fit_with_holes(const rows::Data& rows, const Summary& summary, const Options& options, const Start& start,
                         const Execution& execution, const OnIteration& on_iteration) {
    MemoryVisits visits(rows, summary, execution);
    return fit_rows(visits, summary, options, start, execution, on_iteration, &rows);
}

Sample draw(const MatrixView& x, WeightsView sample_weight, const Summary& all, Index size, std::uint64_t seed,
            std::uint64_t number, const Execution& execution) {
    rows::check_piece(x, sample_weight);
    rows::check(all);
    rows::check_features(x, signed_size(all.means));
    if (size < 1) text::invalid("size={} must be at least 1", size);
    random::Generator generator(seed, number);
    em::PieceSampler sampler(all, size, generator);
    sampler.visit({x, sample_weight, rows::Context(execution)});
    return std::move(sampler).sample();
}

Model fit(const Options& options, const Pieces& pieces, const Start& start, const Execution& execution,
          const OnIteration& on_iteration, const Journal& journal) {
    em::check(options);
    check_start_of_pieces(start, options);
    if (!pieces) throw Error(Errc::invalid_argument, "pieces is no function: give one that returns each piece in turn");
    PieceVisits visits(pieces, execution, journal);
    const Summary summary = visits.summary();
    check(options, summary);
    const em::Units units(summary, options);
    Model model = units.is_identity() ? fit_rows(visits, summary, options, start, execution, on_iteration)
                                      : fit_scaled(pieces, units, options, start, summary.total_weight, execution,
                                                   on_iteration, journal);
    em::check_strict(options, model);
    model.ends = em::distinct(std::move(model.ends), std::max(options.tol, Options{}.tol));
    return model;
}

Model fit(const Options& options, const RemoteRows& rows, const Start& start, const Execution& execution,
          const OnIteration& on_iteration, const Journal& journal) {
    em::check(options);
    check_start_of_pieces(start, options);
    if (!rows.summary || !rows.sample || !rows.moments) {
        text::invalid("rows lack one of the functions `summary`, `sample` and `moments`: give all three");
    }
    RemoteVisits visits(rows, journal);
    const Summary summary = visits.summary();
    check(options, summary);
    if (!em::Units(summary, options).is_identity()) {
        text::invalid(
            "the rows are too large or too small for squares that doubles hold, beyond 1e72 or 1e-72: divide their "
            "columns by a power of ten");
    }
    Model model = fit_rows(visits, summary, options, start, execution, on_iteration);
    em::check_strict(options, model);
    return model;
}

}  // namespace gaussmix
