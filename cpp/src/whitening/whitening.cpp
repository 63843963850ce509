/// The list of forms, and what all of them share.
#include "whitening/whitening.hpp"

#include <cmath>
#include <cstddef>

#include "text/enumerator.hpp"
#include "whitening/sizes.hpp"

namespace gaussmix::whitening {

const Form& of(Whitening kind) {
    text::check_enumerator(kind, Whitening::shared, "the scorer's whitening");
    static const Form* const forms[] = {&scalar, &diagonal, &full, &shared};  // in the order of the enumerators
    return *forms[static_cast<Index>(kind)];
}

void Form::check_sizes(const ScorerNumbers& scorer) const {
    check_size("factors", scorer.factors, n_factors(scorer.n_components), factor_size(scorer.n_features));
}

double Form::log_determinant(const double* factor, Index n_features) const noexcept {
    double sum = 0;
    for (Index j = 0; j < n_features; ++j) sum -= 2 * std::log(factor[diagonal_at(j)]);
    return sum;
}

const double* factor_of(const ScorerNumbers& scorer, Index k) {
    const Form& form = of(scorer);
    return scorer.factors.data() + (form.is_shared() ? 0 : k * form.factor_size(scorer.n_features));
}

std::vector<double> centre_of(const ScorerNumbers& scorer) {
    const Index d = scorer.n_features;
    std::vector<double> centre(d);
    const double share = scorer.share_of_components();
    for (Index k = 0; k < scorer.n_components; ++k) {
        for (Index j = 0; j < d; ++j) centre[j] += scorer.weights[k] / share * scorer.means[k * d + j];
    }
    return centre;
}

double squared_length(const ScorerNumbers& scorer, Index k, const double* step) {
    return of(scorer).squared_length(factor_of(scorer, k), scorer.n_features, step);
}

double log_determinant(const ScorerNumbers& scorer, Index k) {
    return of(scorer).log_determinant(factor_of(scorer, k), scorer.n_features);
}

}  // namespace gaussmix::whitening
