/// How far a distance to a component may shrink when EM moves on to the next model.
#pragma once

#include <vector>

#include "rows/context.hpp"
#include "whitening/scorer.hpp"

namespace gaussmix::em {

/// For every x: || L'^-1 (x - mu') || >= scale || L^-1 (x - mu) || - shift.
struct Drift {
    double scale = 0;
    double shift = 0;
};

/// A model and, if drifts are computed from them, its covariances (K, d, d).
struct ModelWithCovariances {
    const ScorerNumbers* scorer;
    const std::vector<double>* covariances;
};

/// Returns the drift of each component from one model to the next. By the triangle inequality, shift = || L'^-1 (mu' -
/// mu) ||; scale is any s for which Sigma - s^2 Sigma' is positive semidefinite. Without correlations it is known at
/// once; otherwise trial factorisations search for it, with a margin for their rounding. `gaps` (K,), zeros at first,
/// records how far below an upper limit of ln s^2 each search ended; the next one begins there. There is no search if
/// the norms of Sigma - Sigma' and of Sigma'^-1 show that s is near enough to 1, or if `gaps` is empty.
std::vector<Drift> drift(const ModelWithCovariances& before, const ModelWithCovariances& after,
                         std::vector<double>& gaps, const rows::Context& context);

}  // namespace gaussmix::em
