/// The walk over the rows to which a mixture is applied.
#pragma once

#include <memory>

#include "estep/estep.hpp"
#include "gaussmix/error.hpp"
#include "model/output.hpp"
#include "rows/context.hpp"
#include "rows/finite.hpp"
#include "rows/scorer_check.hpp"

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
                          const rows::Plan& plan, estep::Finish finish, Use use) {
    const rows::Context context(execution, plan.n_chunks);
    const estep::Models models(scorer, x.scalar);
    rows::FiniteCheck finite;
    estep::Walk walk{{x, {}, context}, plan, scorer.n_terms()};
    walk.finite = &finite;
    const auto make = [&](const auto* model) { return estep::dense(*model, finish, plan.tile_rows, context.table); };
    estep::for_each_tile(walk, {&models, make, make}, use);
    finite.finish();
}

}  // namespace gaussmix::model
