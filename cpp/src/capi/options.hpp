/// Conversions from the C interface's structures to the core's: views, options, starts, executions.
#pragma once

#include "capi/guard.hpp"
#include "capi/handles.hpp"

namespace gaussmix::capi {

/// Returns the family of that number. Throws Error(invalid_argument) if there is none.
CovarianceType family_of(std::int64_t covariance_type);

/// Returns the number of doubles in `Parameters::covariances`.
Index covariances_size(CovarianceType family, Index n_components, Index n_features);

/// Returns the number of elements of an array. Throws OutOfMemory if none can be so large.
Index product(const std::vector<Index>& extents);

/// Returns how many numbers a result has. Sizes whose product overflows are refused by the call that gets them.
Index numbers(Index n_rows, Index width);

MatrixView view_of(const gaussmix_matrix* x, const char* argument = "x");
inline WeightsView weights_of(const double* weights, const MatrixView& x) { return {weights, x.n_rows}; }

/// Returns the defaults for NULL.
Execution execution_of(const gaussmix_execution* execution);

/// Returns a copy with defaults for the fields that the caller's header lacks. Throws Error(invalid_argument) for
/// fields that this library lacks, unless they are zero.
gaussmix_options whole(const gaussmix_options* given);
gaussmix_select_options whole(const gaussmix_select_options* given);

/// Returns the components that rows may have come from; empty if null.
AllowedView allowed_of(const gaussmix_allowed* given, Index n_rows);

/// `given` must be whole.
Options options_of(const gaussmix_options& given, Index n_features);
Start start_of(const gaussmix_options& given, Index n_rows);
OnIteration observer_of(const gaussmix_options& given);

}  // namespace gaussmix::capi
