/// Rows in memory for hosts that drive a run themselves.
#include "gaussmix/shard.hpp"

#include <optional>

#include "em/run/affinity.hpp"
#include "em/run/iterate.hpp"
#include "families/family.hpp"
#include "gaussmix/fit.hpp"
#include "rows/allowed.hpp"
#include "rows/scorer_check.hpp"
#include "rows/tile.hpp"

namespace gaussmix {
namespace {

void check_scorer(const ScorerNumbers& scorer, const MatrixView& x) {
    rows::check(scorer);
    rows::check_features(x, scorer.n_features);
}

}  // namespace

class Shard::State {
public:
    State(const Piece& rows, const Execution& execution)
        : context_(rows::Context::lasting(execution)), rows_{rows.x, rows.sample_weight, context_} {
        rows_.allowed = rows.allowed;
    }

    const rows::Data& rows() const noexcept { return rows_; }

    const Summary& summary() {
        if (!summary_) {
            summary_ = summarize(rows_.x, rows_.weights, {context_.n_threads, context_.table.name, context_.poll});
        }
        return *summary_;
    }

    const Moments& moments(const Run& run) {
        rows::check_features(rows_.x, run.parameters().n_features);
        rows::check_terms(rows_.allowed, run.parameters().n_components, run.parameters().noise.has_value());
        const parallel::Observed observed(context_.poll);
        parallel::checkpoint();  // the only one of a short pass
        em::Passes& own = passes(run.parameters().n_components, families::get(run.options().covariance_type).scatter);
        if (!reading_ || run.number() != number_) {
            reading_.reset();  // its memory first
            reading_.emplace(own, run);
            number_ = run.number();
        }
        const Moments& moments = reading_->moments(run);
        pairs_ = reading_->pairs();
        return moments;
    }

    const Moments& moments(const ScorerNumbers& scorer, Scatter scatter) {
        check_scorer(scorer, rows_.x);
        rows::check_terms(rows_.allowed, scorer.n_components, scorer.has_background());
        const scatter::Form& form = scatter::of(scatter);
        const parallel::Observed observed(context_.poll);
        pairs_ = {};
        return passes(scorer.n_components, form)(em::under(scorer), scorer.means);
    }

    std::vector<double> affinity(const Scorer& scorer) const {
        const ScorerNumbers& numbers = scorer.numbers();
        check_scorer(numbers, rows_.x);
        rows::check_terms(rows_.allowed, numbers.n_components, numbers.has_background());
        if (!rows_.allowed) return std::vector<double>(numbers.n_components * numbers.n_components);
        const parallel::Observed observed(context_.poll);
        return em::affinity(rows_, scorer);
    }

    const PairShare& pairs() const noexcept { return pairs_; }

private:
    /// Returns passes that reuse the memory of earlier ones, if they need the same.
    em::Passes& passes(Index n_components, const scatter::Form& scatter) {
        if (!passes_ || n_components != n_components_ || &scatter != scatter_) {
            reading_.reset();
            passes_.emplace(rows_, n_components, scatter);
            n_components_ = n_components;
            scatter_ = &scatter;
        }
        return *passes_;
    }

    rows::Context context_;
    rows::Data rows_;
    std::optional<Summary> summary_;
    std::optional<em::Passes> passes_;
    Index n_components_ = 0;  // of passes_
    const scatter::Form* scatter_ = nullptr;
    std::optional<em::Reading> reading_;
    std::uint64_t number_ = 0;  // of the run that is reading
    PairShare pairs_;
};

Shard::Shard(const MatrixView& x, WeightsView sample_weight, const Execution& execution)
    : Shard(Piece{x, sample_weight}, execution) {}

Shard::Shard(const Piece& rows, const Execution& execution) {
    rows::check_piece(rows.x, rows.sample_weight);
    rows::check(rows.allowed, rows.x.n_rows);
    state_ = std::make_unique<State>(rows, execution);
}

Shard::~Shard() = default;
Shard::Shard(Shard&&) noexcept = default;
Shard& Shard::operator=(Shard&&) noexcept = default;

Index Shard::n_rows() const noexcept { return state_->rows().x.n_rows; }
Index Shard::n_features() const noexcept { return state_->rows().x.n_features; }
const Summary& Shard::summary() { return state_->summary(); }
const Moments& Shard::moments(const Run& run) { return state_->moments(run); }
const Moments& Shard::moments(const Scorer& scorer, Scatter scatter) {
    return state_->moments(scorer.numbers(), scatter);
}
std::vector<double> Shard::affinity(const Scorer& scorer) { return state_->affinity(scorer); }
PairShare Shard::pairs() const noexcept { return state_->pairs(); }

Moments accumulate(const Scorer& given, Scatter scatter, const MatrixView& x, WeightsView sample_weight,
                   const Execution& execution) {
    const ScorerNumbers& scorer = given.numbers();
    rows::check_piece(x, sample_weight);
    check_scorer(scorer, x);
    const rows::Context context(execution);
    return em::pass({x, sample_weight, context}, em::under(scorer), scorer.means, scatter::of(scatter));
}

}  // namespace gaussmix
