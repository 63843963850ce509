/// Moments of rows that keep coming, and the moments that a mixture stands for.
#include "gaussmix/stream.hpp"

#include "em/mstep/estimate.hpp"
#include "em/mstep/prior.hpp"
#include "families/family.hpp"
#include "moments/check.hpp"
#include "text/invalid.hpp"

namespace gaussmix {

Moments stepwise(const Moments& now, const Moments& before, double factor) {
    if (!(factor >= 0 && factor <= 1)) text::invalid("factor={} must be in 0 ... 1", factor);
    Moments faded = before;
    faded.model = now.model;
    faded.total_weight *= factor;
    faded.log_likelihood *= factor;
    for (std::vector<double>* sums : {&faded.weights, &faded.first, &faded.scatter, &faded.spread}) {
        for (double& sum : *sums) sum *= factor;
    }
    return merge(now, faded);
}

/// Inverts the M-step: computes the sums about each mean, without what a prior adds to them.
Moments moments_of(const Parameters& parameters, double total_weight, const Ridge& ridge,
                   const std::optional<Prior>& prior) {
    validate(parameters);
    const Index d = parameters.n_features;
    em::check(ridge, d);
    if (!(total_weight > 0)) text::invalid("total_weight={} must be positive", total_weight);
    const families::Family& family = families::get(parameters.covariance_type);
    em::PriorShare share{0, 0};
    if (prior) {
        Options options;
        options.covariance_type = parameters.covariance_type;
        em::check_complete(*prior, options, d);
        share = em::posterior_mode(*prior, family, parameters.n_components, d);
    }
    Parameters bare = parameters;
    for (Index k = 0; k < families::n_covariances(family, bare.n_components); ++k)
        family.lift(bare, k, -1, ridge.added);

    const scatter::Form& form = family.scatter;
    Moments moments;
    moments.scatter_kind = form.kind;
    moments.n_components = parameters.n_components;
    moments.n_features = d;
    moments.total_weight = total_weight;
    moments.reference = parameters.means;
    moments.first.resize(parameters.means.size());
    moments.scatter.resize(form.size(parameters.n_components, d));
    const Index size = families::covariances_size(family, 1, d);
    const auto summed = static_cast<double>(form.features_summed(d));
    std::vector<double> gap(d);
    for (Index k = 0; k < parameters.n_components; ++k) {
        const double weight = parameters.weights[k] * total_weight;
        moments.weights.push_back(weight);
        const auto own = bare.covariances.begin() + (family.whitening.is_shared() ? 0 : k * size);
        double* part = moments.scatter.data() + form.offset(k, d);
        form.add_prior(part, gap, 0, summed * (weight + share.divisor), {own, own + size});
        if (!prior) continue;
        for (Index j = 0; j < d; ++j) {
            const Index at = k * d + j;
            gap[j] = prior->mean[j] - parameters.means[at];
            moments.first[at] = -prior->mean_precision * gap[j];
        }
        form.add_prior(part, gap, -prior->mean_precision, -share.covariance, prior->covariance);
        gap.assign(gap.size(), 0);
    }
    if (parameters.noise) moments.weights.push_back(parameters.noise->weight * total_weight);
    moments::check(moments);
    return moments;
}

}  // namespace gaussmix
