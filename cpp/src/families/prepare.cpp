#include "families/prepare.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "gaussmix/error.hpp"
#include "kernels/layout.hpp"
#include "linalg/constants.hpp"
#include "linalg/triangular.hpp"
#include "parallel/team.hpp"
#include "text/format.hpp"

namespace gaussmix {
namespace families {
double least_sure_eigenvalue(Index n_features) noexcept {
    return 4 * static_cast<double>(n_features) * std::numeric_limits<double>::epsilon();
}

void prepare(Parameters& parameters, const rows::Context& context, const Mend& mend, ScorerNumbers& scorer,
             double least) {
    const Family& family = get(parameters.covariance_type);
    const whitening::Form& form = family.whitening;
    const Index d = parameters.n_features;
    const Index size = form.factor_size(d);
    const Index n_factors = n_covariances(family, parameters.n_components);

    scorer.whitening = form.kind;
    scorer.n_components = parameters.n_components;
    scorer.n_features = d;
    scorer.means = parameters.means;
    scorer.weights = weights_of_terms(parameters);
    scorer.factors.assign(n_factors * size, 0.0);
    scorer.turn_back();

    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> log_determinants(n_factors, unknown);
    const double flops = static_cast<double>(n_factors) * static_cast<double>(d) * static_cast<double>(d * d);
    const int team = parallel::team(flops, context.n_threads);
    const Index root_size = form.root_size(d);
    std::vector<std::vector<double>> work(team);
    const auto factor = [&](Index k, const parallel::Worker& worker) {
        std::vector<double>& own = work[worker.id()];
        own.resize(root_size);
        double* root = own.data();
        if (!family.root(parameters, k, context.table, root)) return;
        double* inverse = scorer.factors.data() + k * size;
        const double log_determinant = form.invert(root, d, context.table, inverse);
        if (least > 0 && !form.is_separable()) {
            double* variances = root;  // done with
            for (Index j = 0; j < d; ++j) variances[j] = family.variance(parameters, k, j);
            // At most the least eigenvalue of the correlations, and at least 1/d of it.
            if (!(1 / form.trace_of_diagonal(inverse, d, variances) >= least)) return;
        }
        log_determinants[k] = log_determinant;
    };
    parallel::parallel_for(n_factors, team, context.poll, factor);
    for (bool mended = true; mended;) {
        mended = false;
        for (Index k = 0; k < n_factors; ++k) {
            while (std::isnan(log_determinants[k])) {
                mend(parameters, k);
                mended = true;
                factor(k, parallel::Worker(0));
            }
        }
        if (family.is_free() || !mended) break;
        const std::vector<double> raised = parameters.covariances;
        family.constrain({parameters.weights, raised}, context, parameters);
        std::fill(log_determinants.begin(), log_determinants.end(), unknown);
        parallel::parallel_for(n_factors, team, context.poll, factor);
    }

    scorer.box = parameters.noise ? parameters.noise->box : NoiseBox{};
    scorer.log_constants.clear();
    for (Index k = 0; k < parameters.n_components; ++k) {
        scorer.log_constants.push_back(std::log(parameters.weights[k]) -
                                       0.5 * static_cast<double>(d) * linalg::log_two_pi -
                                       log_determinants[n_factors == 1 ? 0 : k]);
    }
    if (parameters.noise) {
        scorer.log_constants.push_back(std::log(parameters.noise->weight) - parameters.noise->log_volume);
    }
    form.complete(scorer);
}

std::vector<double> roots(const Parameters& parameters, const rows::Context& context) {
    const Family& family = get(parameters.covariance_type);
    const Index size = family.whitening.root_size(parameters.n_features);
    const Index n = n_covariances(family, parameters.n_components);
    std::vector<double> result(n * size);
    for (Index k = 0; k < n; ++k) {
        if (!family.root(parameters, k, context.table, result.data() + k * size)) refuse(parameters, k);
    }
    return result;
}

void refuse(const Parameters& parameters, Index k) {
    const Family& family = get(parameters.covariance_type);
    const std::string which = covariance_in_words(parameters, k);
    for (Index j = 0; j < parameters.n_features; ++j) {
        const double variance = family.variance(parameters, k, j);
        if (variance > 0) continue;
        throw Error(Errc::degenerate,
                    text::format("{} has the variance {} for feature {}: give a positive one", which, variance, j));
    }
    throw Error(Errc::degenerate,
                text::format("{} is not positive definite: give a symmetric matrix with positive eigenvalues", which));
}

}  // namespace families

Scorer prepare(const Parameters& parameters, const Execution& execution) {
    Parameters own = symmetrised(parameters);
    Scorer scorer;
    families::prepare(own, rows::Context(execution), families::refuse, scorer.numbers());
    return scorer;
}

}  // namespace gaussmix
