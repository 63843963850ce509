/// Out of a scorer's packing: the factors of the precision matrices, and variances.
#include <algorithm>
#include <cmath>
#include <string>

#include "families/prepare.hpp"
#include "gaussmix/error.hpp"
#include "kernels/layout.hpp"
#include "linalg/aligned.hpp"
#include "linalg/triangular.hpp"
#include "rows/scorer_check.hpp"

namespace gaussmix {
namespace {

/// use(row, n, column, at) for each panel of a packed factor, its rows [row, row + n), and each of its columns: those
/// entries stand side by side from `at` on.
template <class Use>
void for_each_panel_column(Index d, Use use) {
    for (Index row = 0; row < d; row += kernels::panel) {
        const Index n = std::min(kernels::panel, d - row);
        for (Index column = 0; column < row + n; ++column) {
            use(row, n, column, kernels::packed_factor_index(row, column));
        }
    }
}

}  // namespace

namespace families {

std::vector<double> variances(const Scorer& scorer, const rows::Context& context) {
    const Index d = scorer.n_features;
    std::vector<double> result(scorer.means.size());
    parallel::parallel_for(scorer.n_components, context.n_threads, context.poll, [&](Index k, const parallel::Worker&) {
        const double* factor = factor_of(scorer, k);
        std::vector<double> transposed(static_cast<std::size_t>(linalg::packed_size(d)));
        for_each_panel_column(d, [&](Index row, Index n, Index column, Index at) {
            const Index begin = std::max(row, column);
            std::copy(factor + at + begin - row, factor + at + n,
                      transposed.data() + linalg::upper_index(column, begin, d));
        });
        // What is inverted is the transpose of this: L^-1.
        linalg::AlignedBuffer<double> root(static_cast<std::size_t>(kernels::packed_factor_size(d)));
        linalg::invert_transposed(transposed.data(), d, context.table, root.data());
        double* variance = result.data() + k * d;
        for_each_panel_column(d, [&](Index row, Index n, Index, Index at) {
            const double* entry = root.data() + at;
            for (Index r = 0; r < n; ++r) variance[row + r] += entry[r] * entry[r];
        });
    });
    return result;
}

Scorer uncorrelated(const Scorer& scorer, const std::vector<double>& variances) {
    Scorer diagonal;
    diagonal.whitening = Whitening::diagonal;
    diagonal.n_components = scorer.n_components;
    diagonal.n_features = scorer.n_features;
    diagonal.means = scorer.means;
    diagonal.weights = scorer.weights;
    diagonal.factors.reserve(variances.size());
    for (Index k = 0; k < scorer.n_components; ++k) {
        double constant = std::log(scorer.weights[static_cast<std::size_t>(k)]);
        for (Index j = 0; j < scorer.n_features; ++j) {
            const double deviation = std::sqrt(variances[static_cast<std::size_t>(k * scorer.n_features + j)]);
            diagonal.factors.push_back(1 / deviation);
            constant -= std::log(deviation);
        }
        diagonal.log_constants.push_back(constant);
    }
    return diagonal;
}

}  // namespace families

std::vector<double> precisions_cholesky(const Scorer& scorer, Covariance family) {
    rows::check(scorer);
    const Whitening own = families::get(family).whitening;
    if (scorer.whitening != own && !(own == Whitening::shared && scorer.whitening == Whitening::full)) {
        throw Error(Errc::invalid_argument, "the scorer is not one of a mixture of covariance_type='" +
                                                std::string(name(family)) + "': name the one it was made of");
    }
    if (scorer.whitening == Whitening::scalar || scorer.whitening == Whitening::diagonal) return scorer.factors;
    const Index d = scorer.n_features;
    const Index n_factors = families::n_covariances(families::get(family), scorer.n_components);
    std::vector<double> result(static_cast<std::size_t>(n_factors * d * d));
    for (Index k = 0; k < n_factors; ++k) {
        const double* factor = families::factor_of(scorer, k);
        double* upper = result.data() + k * d * d;
        for_each_panel_column(d, [&](Index row, Index n, Index column, Index at) {
            std::copy_n(factor + at, n, upper + column * d + row);  // zeros above the diagonal of W
        });
    }
    return result;
}

}  // namespace gaussmix
