/// The sufficient statistics of some rows under a mixture: small, additive, mergeable.
#pragma once

#include <cstdint>
#include <vector>

#include "gaussmix/execution.hpp"
#include "gaussmix/export.h"
#include "gaussmix/matrix_view.hpp"
#include "gaussmix/parameters.hpp"
#include "gaussmix/scorer.hpp"

namespace gaussmix {

/// Which second moments of a component are kept.
enum class Scatter : std::uint8_t {
    none,      ///< nothing
    trace,     ///< (K,): the squared distances, summed over the features
    diagonal,  ///< (K, d): the squares of each feature
    full,      ///< (K, d(d+1)/2): the lower triangle, row by row
    pooled,    ///< (d(d+1)/2): one lower triangle, summed over the components
};

/// The weight, the first moment and the scatter of the rows for each component. The moments are taken about a reference
/// point near the component's mean (centred before squaring, so that nothing cancels) and weighted by responsibilities
/// r:
///   weights[k] = sum_i r_ik,   first[k] = sum_i r_ik (x_i - reference[k]),
///   scatter[k] = sum_i r_ik (x_i - reference[k]) (x_i - reference[k])^T.
struct Moments {
    Scatter scatter_kind = Scatter::none;
    Index n_components = 0;
    Index n_features = 0;
    Index n_rows = 0;               ///< rows read, including those of weight zero
    double total_weight = 0;        ///< sum of the row weights
    std::uint64_t model = 0;        ///< the `fingerprint` of the scorer that gave r; 0: no scorer did
    double log_likelihood = 0;      ///< sum of weight * log-density over the rows, under the parameters that gave r
    double rounding = 1e-12;        ///< the mean log-likelihood L per row has an error of about rounding (|L| + 2 d)
    std::vector<double> weights;    ///< (K,), and after them that of a background, if the scorer has one
    std::vector<double> reference;  ///< (K, d)
    std::vector<double> first;      ///< (K, d)
    std::vector<double> scatter;    ///< the shape of `scatter_kind`
    /// The part of the scatter that missing values add: their spread given the others. Empty if no pass had any.
    std::vector<double> spread = {};

    bool has_background() const noexcept { return static_cast<Index>(weights.size()) > n_components; }
};

/// Returns the number of doubles in `Moments::scatter`. Throws Error(invalid_argument) for an unknown kind.
GAUSSMIX_EXPORT Index scatter_size(Scatter kind, Index n_components, Index n_features);

/// Returns the moments of the rows of both, about the references of `a`:
///   S = S_a + S_b + shift terms (Chan, Golub and LeVeque 1983, eq. 2.1, for unequal references).
/// Merging `Moments{}` changes nothing. Throws Error(invalid_argument) when shapes or models differ.
GAUSSMIX_EXPORT Moments merge(const Moments& a, const Moments& b);

/// Returns the kind of scatter that `update` needs for a family.
GAUSSMIX_EXPORT Scatter scatter_for(CovarianceType family);

/// Returns the moments of the rows under a scorer: E-step and sums of the M-step in one reading of the data, without an
/// array of responsibilities. The bits are the same for any number of threads. There may be no rows.
GAUSSMIX_EXPORT Moments accumulate(const Scorer& scorer, Scatter scatter, const MatrixView& x,
                                   WeightsView sample_weight = {}, const Execution& execution = {});

}  // namespace gaussmix
