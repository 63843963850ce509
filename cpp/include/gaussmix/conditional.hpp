/// The distribution of some features given the others, for many rows at once.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/parameters.hpp"
#include "gaussmix/scorer.hpp"

namespace gaussmix {

struct ConditionalNumbers;

/// A mixture prepared for p(y | x), where x are g given features and y the m others, in their order. For each row it is
/// a mixture with the weights p(k | x), the means mu_k,y + B_k (x - mu_k,x), B_k = Sigma_k,yx Sigma_k,xx^-1, and the
/// covariances Sigma_k,yy - B_k Sigma_k,xy, which are the same for all rows (Bishop 2006, section 2.3.1).
class GAUSSMIX_EXPORT Conditional {
public:
    /// Factors the covariances. Throws Error(invalid_argument) as `validate` does, and unless `given` are distinct
    /// features, at least one but not all.
    Conditional(const Parameters& parameters, std::vector<Index> given, const Execution& execution = {});
    ~Conditional();
    Conditional(const Conditional& other);
    Conditional(Conditional&& other) noexcept;
    Conditional& operator=(const Conditional& other);
    Conditional& operator=(Conditional&& other) noexcept;

    Index n_components() const noexcept;
    Index n_given() const noexcept;
    const std::vector<Index>& target() const noexcept;  ///< (m,), ascending

    /// The mixture of the given features: predict_proba(scorer(), x) are the weights of each row.
    const Scorer& scorer() const noexcept;
    /// The covariances of the components given x, with the weights and means of y that do not know x. Of the families
    /// that `parts.hpp` names for fewer features, or full.
    const Parameters& components() const noexcept;

    /// For the core alone.
    GAUSSMIX_HIDDEN const ConditionalNumbers& numbers() const noexcept;

private:
    std::unique_ptr<ConditionalNumbers> numbers_;
};

/// Returns the mixture of the other features, given those of one row, (g,).
GAUSSMIX_EXPORT Parameters condition(const Conditional& conditional, const std::vector<double>& values,
                                     const Execution& execution = {});

/// Writes out[i] = E(y | x_i), (n_rows, m), for rows of the given features (n_rows, g). All functions here throw
/// Error(invalid_argument) unless rows, mixture and the sizes of outputs fit each other, and Error(not_finite) on NaN
/// or infinity. They need no array of n_rows times K.
GAUSSMIX_EXPORT void means(const Conditional& conditional, const MatrixView& x, Output<double> out,
                           const Execution& execution = {});

/// Writes the variance of each target given x_i, (n_rows, m), within and between components.
GAUSSMIX_EXPORT void variances(const Conditional& conditional, const MatrixView& x, Output<double> out,
                               const Execution& execution = {});

/// Writes the covariance of the targets given x_i, (n_rows, m, m).
GAUSSMIX_EXPORT void covariances(const Conditional& conditional, const MatrixView& x, Output<double> out,
                                 const Execution& execution = {});

/// Writes out[i] = log p(y_i | x_i), (n_rows,), for rows y of the targets (n_rows, m).
GAUSSMIX_EXPORT void score_samples(const Conditional& conditional, const MatrixView& x, const MatrixView& y,
                                   Output<double> out, const Execution& execution = {});

/// Draws y given x_i, (n_rows, m), and the component that it comes from, (n_rows,). Each row has a stream of random
/// numbers of its own: the bits depend on neither threads nor other rows.
GAUSSMIX_EXPORT void sample(const Conditional& conditional, const MatrixView& x, std::uint64_t seed, Output<double> y,
                            Output<std::int64_t> labels, const Execution& execution = {});

/// Writes out[i, q]: y is below it with probability p_q given x_i, (n_rows, number of p). There must be one target; p
/// lie in 0 ... 1.
GAUSSMIX_EXPORT void quantiles(const Conditional& conditional, const MatrixView& x, const std::vector<double>& p,
                               Output<double> out, const Execution& execution = {});

}  // namespace gaussmix
