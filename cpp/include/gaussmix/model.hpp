/// Use a mixture: score rows, assign them, draw new ones.
#pragma once

#include <cstdint>

#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/scorer.hpp"

namespace gaussmix {

/// out[i] = log p(x_i), shape (n_rows,).
GAUSSMIX_EXPORT void score_samples(const MatrixView& x, const Scorer& scorer, double* out,
                                   const Execution& execution = {});

/// The weighted mean of log p(x_i).
GAUSSMIX_EXPORT double score(const MatrixView& x, WeightsView sample_weight, const Scorer& scorer,
                             const Execution& execution = {});

/// out[i] = argmax_k p(z_i = k | x_i), the first where several are equal, shape (n_rows,).
GAUSSMIX_EXPORT void predict(const MatrixView& x, const Scorer& scorer, std::int64_t* out,
                             const Execution& execution = {});

/// out[i, k] = p(z_i = k | x_i), row-major, shape (n_rows, K). Rows sum to 1.
GAUSSMIX_EXPORT void predict_proba(const MatrixView& x, const Scorer& scorer, double* out,
                                   const Execution& execution = {});

/// The sums that information criteria need, in one read of the data. Those of rows in pieces add up, field by field.
struct Evidence {
    Index n_rows = 0;                ///< rows of positive weight
    double total_weight = 0;         ///< sum_i w_i: how many rows they stand for
    double log_likelihood = 0;       ///< sum_i w_i log p(x_i)
    double log_top_probability = 0;  ///< sum_i w_i log max_k p(z_i = k | x_i)
};

/// Throws like the other calls here.
GAUSSMIX_EXPORT Evidence evidence(const MatrixView& x, WeightsView sample_weight, const Scorer& scorer,
                                  const Execution& execution = {});
/// Of rows that count once each.
GAUSSMIX_EXPORT Evidence evidence(const MatrixView& x, const Scorer& scorer, const Execution& execution = {});

/// What to choose the number of components and the family by, smaller is better: of n rows with the likelihood L, and
/// p = n_parameters(parameters). With weights n is their sum, and row i counts w_i times, as if it were there so often.
struct Criteria {
    double bic = 0;  ///< -2 log L + p log n (Schwarz 1978)
    double aic = 0;  ///< -2 log L + 2 p (Akaike 1974)
    double icl = 0;  ///< bic - 2 sum_i w_i log max_k p(z_i = k | x_i) (Biernacki, Celeux and Govaert 2000)
};

/// Throws Error(invalid_argument) where the weights of several rows sum to less than two: they are shares, which do not
/// tell how many rows there are.
GAUSSMIX_EXPORT Criteria criteria(const Evidence& evidence, Index n_parameters);

/// Draws n_rows rows and their labels: x (n_rows, d) row-major, labels (n_rows,). The same bits for any number of
/// threads.
GAUSSMIX_EXPORT void sample(const Parameters& parameters, Index n_rows, std::uint64_t seed, double* x,
                            std::int64_t* labels, const Execution& execution = {});

}  // namespace gaussmix
