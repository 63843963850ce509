/// Out of a scorer's packing: the factors of the precision matrices.
#include "gaussmix/scorer.hpp"
#include "kernels/layout.hpp"

namespace gaussmix {

std::vector<double> precisions_cholesky(const Scorer& scorer) {
    if (scorer.whitening == Whitening::scalar || scorer.whitening == Whitening::diagonal) return scorer.factors;
    const Index d = scorer.n_features;
    const Index n_factors = scorer.whitening == Whitening::shared ? 1 : scorer.n_components;
    std::vector<double> result(static_cast<std::size_t>(n_factors * d * d));
    for (Index k = 0; k < n_factors; ++k) {
        const double* factor = scorer.factors.data() + k * kernels::packed_factor_size(d);
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
