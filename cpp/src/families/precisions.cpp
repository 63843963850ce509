/// Out of a scorer's packing: the factors of the precision matrices.
#include "families/prepare.hpp"
#include "kernels/layout.hpp"

namespace gaussmix {

std::vector<double> precisions_cholesky(const Scorer& scorer, Covariance family) {
    if (scorer.whitening == Whitening::scalar || scorer.whitening == Whitening::diagonal) return scorer.factors;
    const Index d = scorer.n_features;
    const Index n_factors = families::n_covariances(families::get(family), scorer.n_components);
    std::vector<double> result(static_cast<std::size_t>(n_factors * d * d));
    for (Index k = 0; k < n_factors; ++k) {
        const double* factor = families::factor_of(scorer, k);
        double* upper = result.data() + k * d * d;
        for (Index row = 0; row < d; ++row) {
            for (Index column = 0; column <= row; ++column) {
                upper[column * d + row] = factor[kernels::packed_factor_index(row, column)];
            }
        }
    }
    return result;
}

}  // namespace gaussmix
