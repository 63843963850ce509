/// A mixture made ready for data: what passes over rows and scores take.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/parameters.hpp"

namespace gaussmix {

struct ScorerNumbers;

/// A mixture made ready for data. What it holds is the core's own; its bytes go from machine to machine (bytes.hpp).
class GAUSSMIX_EXPORT Scorer {
public:
    /// Of no mixture yet: what uses it throws Error(invalid_argument).
    Scorer();
    explicit Scorer(ScorerNumbers numbers);  ///< of the core alone
    ~Scorer();
    Scorer(const Scorer& other);
    Scorer(Scorer&& other) noexcept;
    Scorer& operator=(const Scorer& other);
    Scorer& operator=(Scorer&& other) noexcept;

    Index n_components() const noexcept;
    Index n_features() const noexcept;

    const ScorerNumbers& numbers() const noexcept;
    ScorerNumbers& numbers() noexcept;

private:
    std::unique_ptr<ScorerNumbers> numbers_;
};

/// Tells scorers of different mixtures apart, on every machine alike: moments say by it which one they were taken
/// under. Never 0.
GAUSSMIX_EXPORT std::uint64_t fingerprint(const Scorer& scorer) noexcept;

/// Checks the parameters and factors their covariances. Throws as `validate` does.
GAUSSMIX_EXPORT Scorer prepare(const Parameters& parameters, const Execution& execution = {});

/// The upper triangular U = L^-T of each precision matrix, Sigma^-1 = U U^T: (K, d, d) for full, (d, d) for shared;
/// inverse standard deviations else: (K, d) or (K,).
GAUSSMIX_EXPORT std::vector<double> precisions_cholesky(const Scorer& scorer, Covariance family);

}  // namespace gaussmix
