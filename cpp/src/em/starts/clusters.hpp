/// A start from given clusters of rows with missing values.
#pragma once

#include "em/pass/source.hpp"
#include "gaussmix/summary.hpp"
#include "rows/data.hpp"
#include "scatter/scatter.hpp"

namespace gaussmix::em {

/// Returns the moments of clusters about their own means: what rows lack is completed by the mean and the variance that
/// the cluster's other rows have there, as if features did not correlate. `source` has labels or responsibilities.
Moments clusters_with_holes(const rows::Data& rows, const Source& source, const Summary& summary,
                            const scatter::Form& scatter);

}  // namespace gaussmix::em
