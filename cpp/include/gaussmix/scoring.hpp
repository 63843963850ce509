/// Uses of a mixture: score rows, assign them, draw new ones. A `Model` can be given wherever a scorer is expected.
#pragma once

#include <cstdint>
#include <vector>

#include "gaussmix/allowed.hpp"
#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/parameters.hpp"
#include "gaussmix/scorer.hpp"

namespace gaussmix {

/// Writes out[i] = log p(x_i), (n_rows,). All functions here throw Error(invalid_argument) unless rows, scorer and the
/// sizes of outputs fit each other, and Error(not_finite) on NaN or infinity in x.
GAUSSMIX_EXPORT void score_samples(const Scorer& scorer, const MatrixView& x, Output<double> out,
                                   const Execution& execution = {});
/// Returns the same.
GAUSSMIX_EXPORT std::vector<double> score_samples(const Scorer& scorer, const MatrixView& x,
                                                  const Execution& execution = {});

/// Returns the weighted mean of log p(x_i).
GAUSSMIX_EXPORT double score(const Scorer& scorer, const MatrixView& x, WeightsView sample_weight = {},
                             const Execution& execution = {});

/// Writes out[i] = argmax_k p(z_i = k | x_i), the first where several are equal, (n_rows,); -1 for the background.
GAUSSMIX_EXPORT void predict(const Scorer& scorer, const MatrixView& x, Output<std::int64_t> out,
                             const Execution& execution = {});
/// Returns the same.
GAUSSMIX_EXPORT std::vector<std::int64_t> predict(const Scorer& scorer, const MatrixView& x,
                                                  const Execution& execution = {});

/// Writes out[i, k] = p(z_i = k | x_i), row-major, (n_rows, n_terms): those of the background last. Rows sum to 1.
GAUSSMIX_EXPORT void predict_proba(const Scorer& scorer, const MatrixView& x, Output<double> out,
                                   const Execution& execution = {});
/// Returns the same.
GAUSSMIX_EXPORT std::vector<double> predict_proba(const Scorer& scorer, const MatrixView& x,
                                                  const Execution& execution = {});

/// The sums that information criteria need, from one reading of the data. Those of rows in pieces add up, field by
/// field.
struct Evidence {
    Index n_rows = 0;                ///< rows of positive weight
    double total_weight = 0;         ///< sum_i w_i: how many rows they stand for
    double log_likelihood = 0;       ///< sum_i w_i log p(x_i)
    double log_top_probability = 0;  ///< sum_i w_i log max_k p(z_i = k | x_i)
};

/// Where rows tell which components they may have come from, the likelihood is that of rows and their sets, as a fit
/// has it.
GAUSSMIX_EXPORT Evidence evidence(const Scorer& scorer, const MatrixView& x, WeightsView sample_weight = {},
                                  const Execution& execution = {}, const AllowedView& allowed = {});

/// Criteria for choosing the number of components and the family, smaller is better, from n rows with likelihood L and
/// p = n_parameters(parameters). With weights, n is their sum, and row i counts as if it occurred w_i times.
struct Criteria {
    double bic = 0;  ///< -2 log L + p log n (Schwarz 1978)
    double aic = 0;  ///< -2 log L + 2 p (Akaike 1974)
    double icl = 0;  ///< bic - 2 sum_i w_i log max_k p(z_i = k | x_i) (Biernacki, Celeux and Govaert 2000)
};

/// Throws Error(invalid_argument) if the weights of several rows sum to less than two: they are then shares, from which
/// the number of rows is not known.
GAUSSMIX_EXPORT Criteria criteria(const Evidence& evidence, Index n_parameters);

/// Draws n_rows rows, (n_rows, d) row-major, and the component of each, (n_rows,). The bits are the same for any number
/// of threads. Rows of a background, -1, fill its box. Where only its volume is known, it lies about the mean of the
/// components, with sides in proportion to the standard deviations of the features under them.
GAUSSMIX_EXPORT void sample(const Parameters& parameters, Index n_rows, std::uint64_t seed, Output<double> x,
                            Output<std::int64_t> labels, const Execution& execution = {});

/// Rows that were drawn.
struct Drawn {
    std::vector<double> x;             ///< (n_rows, d), row-major
    std::vector<std::int64_t> labels;  ///< (n_rows,): the component of each row; -1: the background
};

/// Returns the same.
GAUSSMIX_EXPORT Drawn sample(const Parameters& parameters, Index n_rows, std::uint64_t seed,
                             const Execution& execution = {});

}  // namespace gaussmix
