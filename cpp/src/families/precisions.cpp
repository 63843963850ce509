/// The factors of precision matrices, unpacked from a scorer.
#include <algorithm>
#include <string>

#include "families/family.hpp"
#include "rows/scorer_check.hpp"
#include "text/invalid.hpp"
#include "whitening/panels.hpp"

namespace gaussmix {

std::vector<double> precisions_cholesky(const Scorer& given, CovarianceType family) {
    const ScorerNumbers& scorer = given.numbers();
    rows::check(scorer);
    const whitening::Form& own = families::get(family).whitening;
    const whitening::Form& form = whitening::of(scorer);
    if (&form != &own && !(own.is_shared() && !form.is_separable())) {
        text::invalid("the scorer is not one of a mixture of covariance_type='{}': name the one it was made of",
                      name(family));
    }
    if (form.is_separable()) return scorer.factors;
    const Index d = scorer.n_features;
    const Index n_factors = own.n_factors(scorer.n_components);
    std::vector<double> result(n_factors * d * d);
    for (Index k = 0; k < n_factors; ++k) {
        const double* factor = whitening::factor_of(scorer, k);
        double* upper = result.data() + k * d * d;
        whitening::for_each_panel_column(d, [&](Index row, Index n, Index column, Index at) {
            std::copy_n(factor + at, n, upper + column * d + row);  // zeros above the diagonal of W
        });
    }
    return result;
}

}  // namespace gaussmix
