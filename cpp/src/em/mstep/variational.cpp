#include "em/mstep/variational.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "em/mstep/estimate.hpp"
#include "em/mstep/gamma.hpp"
#include "em/mstep/prior.hpp"
#include "linalg/constants.hpp"
#include "linalg/triangular.hpp"
#include "text/invalid.hpp"
#include "text/number.hpp"

namespace gaussmix {
namespace em {
namespace {

/// Returns the moments with the ridge added to the scatter of the rows, where a prior then reduces its effect.
void add_ridge(Moments& moments, const std::vector<double>& ridge) {
    const Index d = moments.n_features;
    const scatter::Form& form = scatter::of(moments);
    for (Index k = 0; k < moments.n_components; ++k) {
        const double count = moments.weights[k];
        double* part = moments.scatter.data() + form.offset(k, d);
        for (Index j = 0; j < d; ++j) part[form.diagonal_at(j)] += count * ridge[j];
    }
}

/// Returns the concentrations of a Dirichlet distribution (K,), or both parameters of the beta distribution of each
/// stick (2, K).
std::vector<double> concentration_of(const std::vector<double>& counts, const WeightPrior& prior) {
    const double concentration = prior.concentration.value_or(1 / static_cast<double>(counts.size()));
    std::vector<double> result;
    for (const double count : counts) result.push_back(count + (prior.process ? 1 : concentration));
    if (!prior.process) return result;
    std::vector<double> left(counts.size());  // the counts of the components after each stick
    for (std::size_t k = counts.size(); k-- > 1;) left[k - 1] = left[k] + counts[k];
    for (const double count : left) result.push_back(concentration + count);
    return result;
}

std::vector<double> expected_weights(const std::vector<double>& concentration, std::size_t n_components) {
    std::vector<double> weights;
    if (concentration.size() == n_components) {
        weights = concentration;
    } else {
        double left = 1;
        for (std::size_t k = 0; k < n_components; ++k) {
            const double a = concentration[k];
            const double b = concentration[n_components + k];
            weights.push_back(left * (a / (a + b)));
            left *= b / (a + b);
        }
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& weight : weights) weight /= sum;
    return weights;
}

std::vector<double> expected_log_weights(const Posterior& posterior) {
    const std::vector<double>& c = posterior.concentration;
    const std::size_t n_components = posterior.mean_precision.size();
    std::vector<double> logs;
    if (!is_process(posterior)) {
        const double sum = digamma(std::accumulate(c.begin(), c.end(), 0.0));
        for (const double concentration : c) logs.push_back(digamma(concentration) - sum);
        return logs;
    }
    double left = 0;
    for (std::size_t k = 0; k < n_components; ++k) {
        const double sum = digamma(c[k] + c[n_components + k]);
        logs.push_back(digamma(c[k]) - sum + left);
        left += digamma(c[n_components + k]) - sum;
    }
    return logs;
}

/// Returns the logarithm of the factor that normalises the posterior density of the weights.
double log_weight_norm(const Posterior& posterior) {
    const std::vector<double>& c = posterior.concentration;
    const std::size_t n_components = posterior.mean_precision.size();
    double norm = is_process(posterior) ? 0 : log_gamma(std::accumulate(c.begin(), c.end(), 0.0));
    for (const double concentration : c) norm -= log_gamma(concentration);
    for (std::size_t k = n_components; k < c.size(); ++k) norm += log_gamma(c[k - n_components] + c[k]);
    return norm;
}

/// Returns sum_i f((degrees_of_freedom - i) / 2) for i = 0 ... d-1.
template <class F>
double sum_over_features(double degrees_of_freedom, Index d, F f) {
    double sum = 0;
    for (Index i = 0; i < d; ++i) sum += f((degrees_of_freedom - static_cast<double>(i)) / 2);
    return sum;
}

void check_positive(const char* what, const std::vector<double>& numbers, Index expected, double least) {
    if (signed_size(numbers) != expected) {
        text::invalid("{} has {} numbers, expected {}, as the mixture has components", what, numbers.size(), expected);
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (std::isfinite(numbers[i]) && numbers[i] > least) continue;
        text::invalid("{} has {} at position {}: it must be finite and more than {}", what,
                      text::number(numbers[i], least), i, least);
    }
}

}  // namespace

bool is_process(const Posterior& posterior) { return posterior.concentration.size() > posterior.mean_precision.size(); }

void check_variational(const Options& options) {
    if (!options.variational) return;
    if (options.variational->concentration) {
        check_prior_rows("weight_concentration", *options.variational->concentration, 0, "0");
    }
    if (const families::Family& family = families::get(options.covariance_type); !family.is_free()) {
        text::invalid("variational Bayes is not known for covariance_type='{}': fit without it, or use another family",
                      family.name);
    }
    if (options.prior) return;
    text::invalid("variational Bayes needs a prior of means and covariances: give one");
}

void expect(const Posterior& posterior, ScorerNumbers& scorer) {
    const Index d = scorer.n_features;
    const std::vector<double> log_weights = expected_log_weights(posterior);
    for (Index k = 0; k < scorer.n_components; ++k) {
        const double degrees = posterior.degrees_of_freedom[k];
        // E log |Lambda_k| of the Wishart distribution, minus log |Sigma_k^-1|.
        const double log_precision =
            sum_over_features(degrees, d, digamma) + static_cast<double>(d) * (linalg::log_two - std::log(degrees));
        scorer.log_constants[k] = log_weights[k] + 0.5 * (log_precision - whitening::log_determinant(scorer, k) -
                                                          static_cast<double>(d) / posterior.mean_precision[k] -
                                                          static_cast<double>(d) * linalg::log_two_pi);
    }
}

namespace {

/// Returns the posterior that follows from the prior and the moments; writes its means to `parameters`.
Posterior infer(const Moments& moments, const Options& options, const Ridge& ridge, const rows::Context& context,
                Parameters& parameters) {
    check(moments, options.covariance_type, ridge);
    const Prior& prior = *options.prior;
    families::MStep step;
    step.counts = step.divisors = moments.weights;
    Moments together =
        add(prior, posterior_mean(prior, families::get(options.covariance_type), moments.n_features), moments, step);
    add_ridge(together, ridge.added);
    estimate(together, options.covariance_type, std::vector<double>(ridge.added.size()), {}, step, context, parameters);

    Posterior posterior;
    posterior.concentration = concentration_of(moments.weights, *options.variational);
    posterior.mean_precision = step.counts;
    posterior.degrees_of_freedom = step.divisors;
    if (scatter::of(moments).is_pooled()) {
        const double sum = std::accumulate(step.divisors.begin(), step.divisors.end(), 0.0);
        posterior.degrees_of_freedom.assign(step.divisors.size(), sum / static_cast<double>(step.divisors.size()));
    }
    parameters.weights = expected_weights(posterior.concentration, posterior.mean_precision.size());
    return posterior;
}

/// Returns the entropy of the responsibilities behind the moments, under the scorer that gave them.
double entropy(const Moments& moments, const ScorerNumbers& scorer, const rows::Context& context) {
    // -sum r log r = sum_i log p(x_i) - sum_ik r_ik log p_k(x_i), and log p_k is a quadratic form.
    const scatter::Form& form = scatter::of(moments);
    const Index d = moments.n_features;
    double sum = moments.log_likelihood;
    for (Index k = 0; k < moments.n_components; ++k) {
        sum -= moments.weights[k] * scorer.log_constants[k];
        if (k > 0 && form.is_pooled()) continue;
        sum += 0.5 * trace_of(scorer, k, form.matrix(moments.scatter.data() + form.offset(k, d), d), context);
    }
    return sum;
}

/// Returns the lower bound of the log-likelihood minus that entropy, up to a constant.
double lower_bound(const Posterior& posterior, const ScorerNumbers& scorer) {
    const auto d = static_cast<double>(scorer.n_features);
    double bound = -log_weight_norm(posterior);
    for (Index k = 0; k < scorer.n_components; ++k) {
        const double degrees = posterior.degrees_of_freedom[k];
        // The logarithm of the Wishart distribution's normaliser (Bishop 2006, eq. B.79), without powers of pi.
        bound += 0.5 * degrees * (d * (linalg::log_two - std::log(degrees)) - whitening::log_determinant(scorer, k)) +
                 sum_over_features(degrees, scorer.n_features, log_gamma) -
                 0.5 * d * std::log(posterior.mean_precision[k]);
    }
    return bound;
}

class Variational final : public Estimator {
public:
    Variational(const Options& options, const Ridge& ridge, std::optional<Posterior> posterior)
        : options_(options), ridge_(ridge) {
        posterior_ = std::move(posterior);
    }

    void update(const Moments& moments, Index, std::vector<Event>&, const rows::Context& context,
                Parameters& parameters) override {
        posterior_ = infer(moments, options_, ridge_, context, parameters);
    }
    void complete(ScorerNumbers& scorer) const override { expect(*posterior_, scorer); }

    double objective(const Moments& moments, const ScorerNumbers& scorer, const std::vector<double>&,
                     const rows::Context& context) const override {
        return entropy(moments, scorer, context);
    }
    bool is_judged_after_update() const noexcept override { return true; }
    double part_after_update(const ScorerNumbers& scorer) const override { return lower_bound(*posterior_, scorer); }
    double unit(const Moments& moments) const noexcept override { return moments.total_weight; }
    /// The ridge is no part of the bound.
    bool can_count_ridge() const noexcept override { return false; }
    bool can_accelerate(bool) const noexcept override { return false; }
    Shares shares(const Moments&) const override { return {}; }

private:
    Options options_;
    Ridge ridge_;
};

}  // namespace

std::unique_ptr<Estimator> make_variational(const Options& options, const Ridge& ridge,
                                            std::optional<Posterior> posterior) {
    return std::make_unique<Variational>(options, ridge, std::move(posterior));
}

}  // namespace em

void validate(const Posterior& posterior, const Parameters& parameters) {
    if (parameters.noise) text::invalid("a mixture with a background has no posterior: leave noise out");
    const Index n = parameters.n_components;
    em::check_positive("mean_precision", posterior.mean_precision, n, 0);
    em::check_positive("weight_concentration", posterior.concentration, em::is_process(posterior) ? 2 * n : n, 0);
    em::check_positive("degrees_of_freedom", posterior.degrees_of_freedom, n,
                       static_cast<double>(parameters.n_features - 1));
}

Scorer prepare(const Parameters& parameters, const Posterior& posterior, const Execution& execution) {
    Scorer scorer = prepare(parameters, execution);
    validate(posterior, parameters);
    em::expect(posterior, scorer.numbers());
    return scorer;
}

}  // namespace gaussmix
