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

/// A model and, where drifts are found by them, the covariances (K, d, d) it was made of.
struct Placed {
    const ScorerNumbers* scorer;
    const std::vector<double>* covariances;
};

/// The drift of each component from one model to the next. By the triangle inequality shift = || L'^-1 (mu' - mu) ||,
/// and scale is any s with Sigma - s^2 Sigma' positive semidefinite: without correlations known at once, else searched
/// for by trial factorisations, with a margin for what they round. `gaps` (K,), zeros at first, remembers how far below
/// an upper limit of ln s^2 each search ended, to begin there the next time. No search is made where the norms of
/// Sigma - Sigma' and of Sigma'^-1 show s near enough to 1, or, empty `gaps`, whatever they show.
std::vector<Drift> drift(const Placed& before, const Placed& after, std::vector<double>& gaps,
                         const rows::Context& context);

}  // namespace gaussmix::em
