/// Which components' sums may be taken about one point: they are then sums of the same features and squares of the rows
/// for every component, and a pass is mostly a product of matrices.
#pragma once

#include "em/pass/source.hpp"
#include "gaussmix/moments.hpp"
#include "scatter/scatter.hpp"
#include "whitening/model.hpp"

namespace gaussmix::em {

/// For diagonal and spherical mixtures, returns the components whose means lie near the mean of the mixture: a pass may
/// take their sums about that point, and `to_moments` moves them to the reference points. For a shared covariance,
/// returns only the point, about which its scatter may be taken. Empty if the difference of two large sums would lose
/// digits, and if nothing is gained.
whitening::Neighbourhood neighbourhood(const Source& source, const scatter::Form& scatter, bool narrow);

}  // namespace gaussmix::em
