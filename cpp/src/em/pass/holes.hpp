/// The pass over rows with missing values. What a pattern's rows say of the features that they have is summed as ever;
/// the sums, not the rows, are then completed by their expectations under the mixture (Ghahramani and Jordan 1994;
/// Lin, Lee and Ho 2006): with n, s and S of a component about its mean, and B and C of `missing/mixture.hpp`,
///   s_m = B s,   S_mo = B S,   S_mm = B S B^T + n C.
/// What comes out are ordinary moments.
#pragma once

#include <memory>
#include <vector>

#include "em/pass/source.hpp"
#include "gaussmix/moments.hpp"
#include "rows/data.hpp"
#include "rows/patterns.hpp"
#include "scatter/scatter.hpp"

namespace gaussmix::em {

/// Returns the moments of all rows about the means of `completing`, by which they are completed, with responsibilities
/// from `source`. `seen` receives, if it is not null, the weight of each component's rows that have each feature, (K,
/// d).
Moments pass_with_holes(const rows::Data& rows, const rows::Patterns& patterns, const Source& source,
                        const ScorerNumbers& completing, const scatter::Form& scatter,
                        std::vector<double>* seen = nullptr);

}  // namespace gaussmix::em
