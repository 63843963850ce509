/// Where rows lie and how widely they spread: small, additive.
#pragma once

#include <vector>

#include "gaussmix/containers.hpp"
#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/matrix_view.hpp"

namespace gaussmix {

/// The weighted location and spread of each feature, over the rows that have it: the units that the ridge is relative
/// to. If no row of weight has it, its minimum is infinite and its maximum minus infinite.
struct Summary {
    Index n_rows = 0;
    double total_weight = 0;
    std::vector<double> means;      ///< (d,)
    std::vector<double> variances;  ///< (d,), biased; infinite or NaN if doubles cannot hold them
    std::vector<double> minima;     ///< (d,), of the rows of positive weight
    std::vector<double> maxima;     ///< (d,), likewise
    std::vector<double> together;   ///< the weight of the rows that have both features of a pair, a lower triangle row
                                    ///< by row, (d(d+1)/2,); empty: no value is missing
    std::vector<int> exponents;     ///< (d,): features were divided by two to this power; empty: they were not
};

/// Returns the summary of the rows of both. Merging `Summary{}` changes nothing. Throws Error(invalid_argument) when
/// features or exponents differ.
GAUSSMIX_EXPORT Summary merge(const Summary& a, const Summary& b);

/// Returns the location and spread of each feature from one reading of the data, which may have no rows. Throws
/// Error(not_finite), naming row and column.
GAUSSMIX_EXPORT Summary summarize(const MatrixView& x, WeightsView sample_weight = {}, const Execution& execution = {});

}  // namespace gaussmix
