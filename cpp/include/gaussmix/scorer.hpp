/// A mixture prepared for data: what passes over the rows read.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/parameters.hpp"

namespace gaussmix {

struct ScorerNumbers;

/// A mixture prepared for data. Its contents belong to the core; its bytes travel between machines (bytes.hpp).
class GAUSSMIX_EXPORT Scorer {
public:
    /// A scorer of no mixture yet: functions that take it throw Error(invalid_argument).
    Scorer();
    GAUSSMIX_HIDDEN explicit Scorer(ScorerNumbers numbers);  ///< for the core alone
    ~Scorer();
    Scorer(const Scorer& other);
    Scorer(Scorer&& other) noexcept;
    Scorer& operator=(const Scorer& other);
    Scorer& operator=(Scorer&& other) noexcept;

    Index n_components() const noexcept;
    Index n_terms() const noexcept;  ///< n_components, and one more for a background
    Index n_features() const noexcept;

    GAUSSMIX_HIDDEN const ScorerNumbers& numbers() const noexcept;
    GAUSSMIX_HIDDEN ScorerNumbers& numbers() noexcept;

private:
    std::unique_ptr<ScorerNumbers> numbers_;
};

/// Returns a number that identifies the mixture of a scorer, the same on every machine and never 0: moments record by
/// it the scorer they were taken under.
GAUSSMIX_EXPORT std::uint64_t fingerprint(const Scorer& scorer) noexcept;

/// Returns the scorer of parameters: checks them and factors their covariances. Throws as `validate` does.
GAUSSMIX_EXPORT Scorer prepare(const Parameters& parameters, const Execution& execution = {});

/// Returns the upper triangular U = L^-T of each precision matrix, Sigma^-1 = U U^T: (K, d, d) for full, (d, d) for
/// shared; inverse standard deviations for the others: (K, d) or (K,).
GAUSSMIX_EXPORT std::vector<double> precisions_cholesky(const Scorer& scorer, CovarianceType family);

}  // namespace gaussmix
