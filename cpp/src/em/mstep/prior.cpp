#include "em/mstep/prior.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "gaussmix/error.hpp"
#include "text/format.hpp"
#include "text/invalid.hpp"
#include "text/number.hpp"

namespace gaussmix::em {
namespace {

constexpr double most_prior_rows = 1e100;  // more than any data have; their products with squares are still doubles

}  // namespace

Parameters with_covariance(const std::vector<double>& covariance, CovarianceType family, Index n_features) {
    return {family, 1, n_features, {1.0}, std::vector<double>(n_features), covariance};
}

void check_prior_rows(const char* what, double rows, double least, const std::string& words) {
    if (rows > least && rows <= most_prior_rows) return;
    text::invalid("{}={} must be more than {} and at most {}", what,
                  text::number(rows, rows > least ? most_prior_rows : least), words, most_prior_rows);
}

void check(const Prior& prior, const Options& options, Index n_features) {
    const families::Family& family = families::get(options.covariance_type);
    const bool separable = family.whitening.is_separable();
    if (!prior.mean.empty()) text::check_numbers("prior.mean", prior.mean, n_features, "one for each feature");
    check_prior_rows("prior.mean_precision", prior.mean_precision, 0, "0");
    if (prior.degrees_of_freedom) {
        // Independent variances have an inverse gamma distribution each; variational Bayes uses Wishart distributions
        // for all families.
        const Index least = separable && !options.variational ? 0 : n_features - 1;
        check_prior_rows("prior.degrees_of_freedom", *prior.degrees_of_freedom, static_cast<double>(least),
                         text::format(least > 0 ? "n_features-1 = {}" : "{}", least));
    }
    if (prior.covariance.empty()) return;
    text::check_numbers("prior.covariance", prior.covariance, families::covariances_size(family, 1, n_features),
                        separable ? "variances, as the covariance_type has them" : "one for each pair of features");
}

void check_complete(const Prior& prior, const Options& options, Index n_features) {
    check(prior, options, n_features);
    if (prior.mean.empty() || !prior.degrees_of_freedom || prior.covariance.empty()) {
        text::invalid("prior leaves something to be taken from the data: give it to `complete`");
    }
}

void check_given(const Prior& prior, const Options& options, Index n_features) {
    check(prior, options, n_features);
    if (prior.covariance.empty()) return;
    const CovarianceType family = options.covariance_type;
    try {
        validate(with_covariance(prior.covariance, family, n_features));
    } catch (const Error& error) {
        const std::string told = error.what();
        const std::string named = families::covariance_in_words(with_covariance({}, family, n_features), 0);
        text::invalid("prior.covariance{}", told.substr(told.rfind(named, 0) == 0 ? named.size() : 0));
    }
}

PriorShare posterior_mode(const Prior& prior, const families::Family& family, Index n_components, Index n_features) {
    return {families::prior_share(family, n_components, n_features),
            families::prior_exponent(family, *prior.degrees_of_freedom, n_components, n_features)};
}

PriorShare posterior_mean(const Prior& prior, const families::Family& family, Index n_features) {
    return {static_cast<double>(family.scatter.features_summed(n_features)), *prior.degrees_of_freedom};
}

Moments add(const Prior& prior, const PriorShare& share, const Moments& moments, families::MStep& step) {
    const scatter::Form& form = scatter::of(moments);
    Moments result = moments;
    const Index d = moments.n_features;
    std::vector<double> gap(d);
    for (Index k = 0; k < moments.n_components; ++k) {
        for (Index j = 0; j < d; ++j) {
            const Index at = k * d + j;
            gap[j] = prior.mean[j] - moments.reference[at];
            result.first[at] += prior.mean_precision * gap[j];
        }
        form.add_prior(result.scatter.data() + form.offset(k, d), gap, prior.mean_precision, share.covariance,
                       prior.covariance);
        step.divisors[k] += share.divisor;
        step.counts[k] += prior.mean_precision;
    }
    return result;
}

double log_density(const Prior& prior, const families::Family& family, const ScorerNumbers& scorer,
                   const rows::Context& context) {
    const Index d = scorer.n_features;
    const double c = families::prior_exponent(family, *prior.degrees_of_freedom, scorer.n_components, d);
    const bool pooled = family.scatter.is_pooled();  // all have the same trace, whose shares sum to 1
    const double share = pooled ? 1 : families::prior_share(family, scorer.n_components, d);
    std::vector<double> gap(d);
    double sum = 0;
    for (Index k = 0; k < scorer.n_components; ++k) {
        for (Index j = 0; j < d; ++j) {
            gap[j] = scorer.means[k * d + j] - prior.mean[j];
        }
        sum -= c * whitening::log_determinant(scorer, k);
        sum -= prior.mean_precision * whitening::squared_length(scorer, k, gap.data());
        if (k == 0 || !pooled) sum -= share * trace_of(scorer, k, prior.covariance, context);
    }
    return sum / 2;
}

}  // namespace gaussmix::em
