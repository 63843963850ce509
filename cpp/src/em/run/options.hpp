/// The checks of options that every fit begins with.
#pragma once

#include "gaussmix/options.hpp"

namespace gaussmix::em {

/// Throws Error(invalid_argument), naming the option, what it was and what it must be.
void check(const Options& options);

/// Throws OutOfMemory if memory cannot hold the mixture to be fitted.
void check_size(const Options& options, Index n_features);

/// Throws Error(invalid_argument) unless a mixture to start from, with or without a posterior, fits the options and the
/// data.
void check_start(const Parameters& given, bool has_posterior, const Options& options, Index n_features);

}  // namespace gaussmix::em
