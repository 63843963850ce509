/// Fits of mixtures to rows, in memory or in pieces: starts, restarts, threads.
#pragma once

#include <variant>

#include "gaussmix/export.h"
#include "gaussmix/pieces.hpp"
#include "gaussmix/run.hpp"
#include "gaussmix/shard.hpp"

namespace gaussmix {

/// A start from one label per row, each in 0 ... n_components - 1.
struct Labels {
    const std::int64_t* data = nullptr;
    Index size = 0;

    Labels(const std::int64_t* data_, Index size_) noexcept : data(data_), size(size_) {}
    template <class Numbers, class = detail::IfNumbers<Numbers, const std::int64_t>>
    Labels(Numbers&& labels) noexcept : data(labels.data()), size(signed_size(labels)) {
        detail::refuse_temporaries<Numbers>();
    }
};

/// A start from given responsibilities, shape (n_rows, n_components), non-negative, each row with a positive sum
/// (rows are normalised to sum to 1).
struct Responsibilities {
    MatrixView values;
};

/// A start from the end of an earlier run of variational Bayes.
struct Inferred {
    Parameters parameters;
    Posterior posterior;
};

/// Where a fit starts: as `Options::init` says, or from something given.
using Start = std::variant<std::monostate, Labels, Responsibilities, Parameters, Inferred>;

/// Fits a mixture by expectation-maximisation (Dempster, Laird and Rubin 1977). Throws Error(invalid_argument) on
/// unusable arguments (such as `Parameters` as a start of variational Bayes, which needs `Inferred`), Error(not_finite)
/// on NaN or infinity in x, and Error(interrupted) when the execution's poll asks to stop.
GAUSSMIX_EXPORT Model fit(const Options& options, const MatrixView& x, WeightsView sample_weight = {},
                          const Start& start = {}, const Execution& execution = {},
                          const OnIteration& on_iteration = {});

/// Does the same for rows that may carry the components that they may have come from. A start is then found that agrees
/// with them: by k-means in which no row joins a cluster that is ruled out for it, and, unless `Options::effort` is
/// low, by a fit without them whose components are matched to them; the better end is kept.
GAUSSMIX_EXPORT Model fit(const Options& options, const Piece& rows, const Start& start = {},
                          const Execution& execution = {}, const OnIteration& on_iteration = {});

/// Fits a mixture to rows in pieces that are visited in turn, such as files. The first visit summarises them, the
/// second draws a sample, to which a mixture is fitted as above, and every iteration is one more visit. Hence n_init,
/// effort and init apply to the sample, and the history begins where the fit of the sample ended. If the sample holds
/// all rows (up to 12 times 2000, more for many components), the result is about that of `fit` on one matrix. Given
/// labels and responsibilities are refused as starts; given parameters need no sample. The result depends on the cut
/// into pieces only by rounding; `collapsed` assumes that rows are distinct. Throws like the other `fit`, throws
/// whatever `pieces` throws, and throws Error(invalid_argument) if `pieces` does not give the same rows each time.
GAUSSMIX_EXPORT Model fit(const Options& options, const Pieces& pieces, const Start& start = {},
                          const Execution& execution = {}, const OnIteration& on_iteration = {},
                          const Journal& journal = {});

/// Fits a mixture to rows that are elsewhere, in the same way. Throws Error(invalid_argument) also if squares of the
/// rows would leave the range of doubles.
GAUSSMIX_EXPORT Model fit(const Options& options, const RemoteRows& rows, const Start& start = {},
                          const Execution& execution = {}, const OnIteration& on_iteration = {},
                          const Journal& journal = {});

}  // namespace gaussmix
