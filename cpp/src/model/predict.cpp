/// The best component of each row, without finishing the distances of components that surely are not the best.
#include <algorithm>
#include <atomic>
#include <numeric>
#include <type_traits>
#include <vector>

#include "families/prepare.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/scoring.hpp"
#include "model/likeliest.hpp"
#include "model/scored_tiles.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix {
namespace {

using model::for_each_judged_tile;
using model::for_each_scored_tile;
using model::plan_for;

/// Returns the share of the arithmetic that finished and unfinished distances take, predicted from a few rows: D^2 of a
/// component that is g nats less likely than the best grows about evenly to d + 2 g from row to row of L^-1, and the
/// arithmetic up to there is about the square of that share.
double share_needed(const MatrixView& x, const ScorerNumbers& diagonal, const Execution& execution) {
    const Index step = std::max(tuning::rows_per_sampled_row, x.n_rows / tuning::sampled_rows);
    MatrixView some = x;
    some.n_rows /= step;
    some.row_stride *= step;
    const double typical = static_cast<double>(x.n_features) / 2;
    const rows::Plan plan = plan_for(some, diagonal);
    std::vector<double> needed(plan.n_chunks);
    const auto add = [&](const auto& tile, Index chunk) {
        for (Index i = 0; i < tile.n(); ++i) {
            const double best = tile.best(i);
            for (Index k = 0; k < diagonal.n_components; ++k) {
                const double gap = best - static_cast<double>(tile.values(k)[i]);
                const double outputs = std::min(1.0, (typical + tuning::nats_waited) / (typical + gap));
                needed[chunk] += outputs * outputs;
            }
        }
    };
    try {
        for_each_scored_tile(some, diagonal, execution, plan, estep::Finish::best, add);
    } catch (const NotFinite&) {  // the reading of all rows will throw it with its position
        return 1;
    }
    return std::accumulate(needed.begin(), needed.end(), 0.0) /
           static_cast<double>(some.n_rows * diagonal.n_components);
}

constexpr std::int64_t of_background = -1;

/// Finishes all distances.
void label(const MatrixView& x, const ScorerNumbers& scorer, std::int64_t* out, const Execution& execution) {
    const Index n_components = scorer.n_components;
    for_each_judged_tile(x, scorer, execution, plan_for(x, scorer), estep::Finish::best, [&](const auto& tile, Index) {
        for (Index i = 0; i < tile.n(); ++i) {
            const Index owner = tile.owner(i);
            out[tile.row(i)] = owner < n_components ? owner : of_background;
        }
    });
}

/// Improves the guesses in `out`, for finite rows. Returns false, with some guesses left, if single precision is not
/// enough: the rows of a tile share their precision, and here tiles hold other rows.
bool improve(const MatrixView& x, const ScorerNumbers& scorer, rows::Order order, std::int64_t* out,
             const Execution& execution) {
    const rows::Context context(execution);
    const estep::Models models(scorer, x.scalar);
    const estep::Walk walk{{x, {}, context, order}, plan_for(x, scorer), scorer.n_terms()};
    const auto make = [&](const auto* model) {
        using T = typename std::decay_t<decltype(*model)>::Number;
        return std::make_unique<model::Likeliest<T>>(*model, model::Guess{out, order}, walk.plan.tile_rows,
                                                     context.table);
    };
    std::atomic<bool> succeeds{true};
    estep::for_each_tile(walk, {&models, make, make}, [&](const auto& tile, Index) {
        using Number = typename std::decay_t<decltype(tile)>::Number;
        if (models.has_narrow() && std::is_same_v<Number, double>) succeeds = false;
        if (!succeeds) return;
        for (Index i = 0; i < tile.n(); ++i) out[tile.row(i)] = tile.owner(i);
    });
    return succeeds;
}

/// Returns an order in which rows of equal labels are together, otherwise in their own order.
std::vector<std::uint16_t> sorted(const std::int64_t* labels, Index n_rows, Index n_labels,
                                  const Execution& execution) {
    const rows::Context context(execution);
    std::vector<std::uint16_t> order(n_rows);
    const Index n_blocks = (n_rows + tuning::sorted_rows - 1) / tuning::sorted_rows;
    parallel::parallel_for(n_blocks, context.n_threads, context.poll, [&](Index block, const parallel::Worker&) {
        const Index first = block * tuning::sorted_rows;
        std::vector<std::uint16_t> positions(std::min(tuning::sorted_rows, n_rows - first));
        std::iota(positions.begin(), positions.end(), std::uint16_t{0});
        rows::sort_by(labels + first, n_labels, positions);
        std::copy(positions.begin(), positions.end(), order.begin() + first);
    });
    return order;
}

ScorerNumbers without_correlations(const ScorerNumbers& scorer, const Execution& execution) {
    const rows::Context context(execution);
    return whitening::uncorrelated(scorer,
                                   whitening::variances(scorer, context.table, context.n_threads, context.poll));
}

bool may_pay(const MatrixView& x, const ScorerNumbers& scorer) {
    const Index rows_at_once = rows::is_single(x.scalar) ? 2 : 1;  // single precision takes half the time
    return whitening::of(scorer).can_cut() && !scorer.has_background() &&
           scorer.n_features >= tuning::least_guessed_features &&
           scorer.n_components >= tuning::least_guessed_components &&
           x.n_rows / rows_at_once >= tuning::guessed_rows_per_feature * scorer.n_features;
}

}  // namespace

void predict(const Scorer& given, const MatrixView& x, Output<std::int64_t> room, const Execution& execution) {
    const ScorerNumbers& scorer = given.numbers();
    model::checked_plan(x, scorer);
    model::check_output(room, "out", x.n_rows);
    std::int64_t* const out = room.data;
    if (x.missing == Missing::error && may_pay(x, scorer)) {
        const ScorerNumbers diagonal = without_correlations(scorer, execution);
        if (share_needed(x, diagonal, execution) <= tuning::most_needed) {
            label(x, diagonal, out, execution);
            const std::vector<std::uint16_t> order = sorted(out, x.n_rows, scorer.n_components, execution);
            if (improve(x, scorer, order.data(), out, execution)) return;
        }
    }
    label(x, scorer, out, execution);
}

std::vector<std::int64_t> predict(const Scorer& scorer, const MatrixView& x, const Execution& execution) {
    std::vector<std::int64_t> labels(model::checked_rows(x));
    predict(scorer, x, labels, execution);
    return labels;
}

}  // namespace gaussmix
