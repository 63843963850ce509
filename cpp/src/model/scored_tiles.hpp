/// The walk over the rows to which a mixture is applied.
#pragma once

#include <memory>

#include "estep/estep.hpp"
#include "gaussmix/error.hpp"
#include "missing/tiles.hpp"
#include "model/output.hpp"
#include "rows/context.hpp"
#include "rows/finite.hpp"
#include "rows/patterns.hpp"
#include "rows/scorer_check.hpp"
#include "rows/workers.hpp"

namespace gaussmix::model {

/// Returns the number of rows. Throws Error(invalid_argument) unless the view can be read.
inline std::size_t checked_rows(const MatrixView& x) {
    rows::check(x);
    return x.n_rows;
}

inline rows::Plan plan_for(const MatrixView& x, const ScorerNumbers& scorer) {
    return rows::cut(x.n_rows, x.n_features,
                     rows::em_work(scorer.n_components, scorer.n_features, whitening::of(scorer).can_cut()),
                     rows::is_single(x.scalar) ? sizeof(float) : sizeof(double));
}

/// Throws Error(invalid_argument) unless the rows can be read and the scorer has their number of features.
inline rows::Plan checked_plan(const MatrixView& x, const ScorerNumbers& scorer) {
    rows::check(x);
    rows::check(scorer);
    rows::check_features(x, scorer.n_features);
    return plan_for(x, scorer);
}

/// Calls use(tile, chunk) for each tile of x, an estep::Tile of either precision, finished as `finish` says. Throws
/// NotFinite if a number is not finite.
template <class Use>
void for_each_scored_tile(const MatrixView& x, const ScorerNumbers& scorer, const Execution& execution,
                          const rows::Plan& plan, estep::Finish finish, Use use, const AllowedView& allowed = {}) {
    const rows::Context context(execution, plan.n_chunks);
    const estep::Models models(scorer, x.scalar);
    rows::FiniteCheck finite;
    estep::Walk walk{{x, {}, context}, plan, scorer.n_terms()};
    walk.finite = &finite;
    const auto make = [&](const auto* model) {
        return estep::dense(*model, finish, plan.tile_rows, context.table, estep::Keeps::nothing, {allowed});
    };
    estep::for_each_tile(walk, {&models, make, make}, use);
    finite.finish();
}

/// Does the same for rows of which values are missing, with tiles of `missing/tiles.hpp`.
template <class Use>
void for_each_tile_with_holes(const rows::Data& rows, const rows::Patterns& patterns, const ScorerNumbers& scorer,
                              const rows::Plan& plan, estep::Finish finish, Use use) {
    missing::check(scorer);
    const missing::Mixture mixture(scorer, rows.context);
    const missing::Walk walk{rows, patterns, plan, mixture};
    rows::Workers<missing::Tile> workers(rows.context);
    const auto ignore = [](missing::Tile&) {};
    workers.for_each_chunk(
        plan, rows.context, [&] { return std::make_unique<missing::Tile>(walk); },
        [&](missing::Tile& tile, Index chunk) {
            const auto find = [&](missing::Tile& loaded) {
                loaded.expect(finish);
                use(loaded, chunk);
            };
            missing::for_each_tile(walk, chunk, tile, ignore, find, ignore);
        });
}

/// Does the same where values may be missing: tiles may then be those of `missing/tiles.hpp` too.
template <class Use>
void for_each_judged_tile(const MatrixView& x, const ScorerNumbers& scorer, const Execution& execution,
                          const rows::Plan& plan, estep::Finish finish, Use use, const AllowedView& allowed = {}) {
    if (x.missing == Missing::em) {
        const rows::Context context(execution, plan.n_chunks);
        const rows::Patterns patterns(x, context);
        if (!patterns.complete()) {
            for_each_tile_with_holes({x, {}, context, nullptr, allowed}, patterns, scorer, plan, finish, use);
            return;
        }
    }
    for_each_scored_tile(x, scorer, execution, plan, finish, use, allowed);
}

}  // namespace gaussmix::model
