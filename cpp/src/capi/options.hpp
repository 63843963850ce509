/// From the C interface's structures to the core's: views, options, starts, executions.
#pragma once

#include "capi/guard.hpp"
#include "capi/handles.hpp"

namespace gaussmix::capi {

/// The family of that number. Throws Error(invalid_argument) where there is none.
Covariance family_of(std::int64_t covariance_type);

/// The number of doubles in `Parameters::covariances`.
Index covariances_size(Covariance family, Index n_components, Index n_features);

/// The number of elements of an array. Throws OutOfMemory where none can be so large.
Index product(const std::vector<Index>& extents);

MatrixView view_of(const gaussmix_matrix* x, const char* argument = "x");
inline WeightsView weights_of(const double* weights, const MatrixView& x) { return {weights, x.n_rows}; }

/// The defaults for NULL.
Execution execution_of(const gaussmix_execution* execution);

/// A copy with the fields that the caller's header lacks at their defaults. Throws Error(invalid_argument) for fields
/// that this library lacks, unless they are zero.
gaussmix_options whole(const gaussmix_options* given);

/// `given` must be whole.
Options options_of(const gaussmix_options& given, Index n_features);
Start start_of(const gaussmix_options& given, Index n_rows);
OnIteration observer_of(const gaussmix_options& given);

}  // namespace gaussmix::capi
