/// Values in place of missing ones: what a mixture says of them, given the values that their row has.
///
/// In x, NaN is a missing value, whatever its `missing` says. All functions throw Error(invalid_argument) unless rows,
/// scorer and the sizes of outputs fit each other, or if a value is missing and the mixture has a background of
/// which only the volume is known; and Error(not_finite) on infinity. They need no array of n_rows times K.
#pragma once

#include <cstdint>

#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/matrix_view.hpp"
#include "gaussmix/scorer.hpp"

namespace gaussmix {

/// Writes the rows with the mean of each missing value given what its row has, (n_rows, d): sum_k p(k | x_o) (mu_k,m +
/// B_k (x_o - mu_k,o)), B_k = Sigma_k,mo Sigma_k,oo^-1 (Ghahramani and Jordan 1994). A background gives the middle of
/// its box. Other values are copied.
GAUSSMIX_EXPORT void impute(const Scorer& scorer, const MatrixView& x, Output<double> out,
                            const Execution& execution = {});

/// Does the same, and writes the covariance of each row given what it has, (n_rows, d, d): within and between
/// components, and zero where a value is there.
GAUSSMIX_EXPORT void impute(const Scorer& scorer, const MatrixView& x, Output<double> out, Output<double> covariances,
                            const Execution& execution = {});

/// Writes the rows n_draws times, (n_draws, n_rows, d), with missing values drawn given what their row has: multiple
/// imputation (Rubin 1987). Each row has a stream of random numbers of its own: the bits depend on neither threads nor
/// other rows, and more draws leave the first ones as they are. For rows in pieces, `first_row` is the place of the
/// first row of x among all rows.
GAUSSMIX_EXPORT void draw_missing(const Scorer& scorer, const MatrixView& x, Index n_draws, std::uint64_t seed,
                                  Output<double> out, const Execution& execution = {}, Index first_row = 0);

}  // namespace gaussmix
