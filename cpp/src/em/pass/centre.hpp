/// Which components' sums may be taken about one point. They are then sums of each row's features and squares, whatever
/// the component, and a pass is mostly a product of matrices.
#pragma once

#include "em/pass/source.hpp"
#include "gaussmix/moments.hpp"
#include "scatter/scatter.hpp"
#include "whitening/model.hpp"

namespace gaussmix::em {

/// Of diagonal and spherical mixtures the components whose means lie near the mean of the mixture: a pass may take
/// their sums about that point, from where `to_moments` moves them to the reference points. Of a shared covariance the
/// point alone, about which its scatter may be taken. Empty where the difference of two large sums would lose digits,
/// and where nothing is gained.
whitening::Neighbourhood neighbourhood(const Source& source, const scatter::Form& scatter, bool narrow);

}  // namespace gaussmix::em
