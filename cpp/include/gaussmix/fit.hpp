/// Fit a mixture to rows in memory: starts, restarts, threads.
#pragma once

#include <variant>

#include "gaussmix/export.h"
#include "gaussmix/run.hpp"
#include "gaussmix/shard.hpp"

namespace gaussmix {

/// A start from one label a row, each in 0 ... n_components - 1.
struct Labels {
    const std::int64_t* data = nullptr;
    Index size = 0;

    Labels(const std::int64_t* data_, Index size_) noexcept : data(data_), size(size_) {}
    template <class Numbers, class = detail::IfNumbers<Numbers, const std::int64_t>>
    Labels(Numbers&& labels) noexcept : data(labels.data()), size(static_cast<Index>(labels.size())) {
        detail::refuse_temporaries<Numbers>();
    }
};

/// A start from given responsibilities, shape (n_rows, n_components), non-negative, each row with a positive sum
/// (rows are normalised to sum to 1).
struct Responsibilities {
    MatrixView values;
};

/// A start from where variational Bayes ended.
struct Inferred {
    Parameters parameters;
    Posterior posterior;
};

/// Where a fit starts: as `Options::init` says, or from something given.
using Start = std::variant<std::monostate, Labels, Responsibilities, Parameters, Inferred>;

/// Fits a mixture by expectation-maximisation (Dempster, Laird and Rubin 1977).
/// Throws Error(invalid_argument) on unusable arguments, as `Parameters` for a start of variational Bayes, which goes
/// on from `Inferred`, Error(not_finite) on NaN or infinity in x, and Error(interrupted) when the execution's poll asks
/// to stop.
GAUSSMIX_EXPORT Model fit(const Options& options, const MatrixView& x, WeightsView sample_weight = {},
                          const Start& start = {}, const Execution& execution = {},
                          const OnIteration& on_iteration = {});

}  // namespace gaussmix
