#include "em/mstep/prior.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "families/prepare.hpp"
#include "gaussmix/error.hpp"
#include "kernels/layout.hpp"
#include "linalg/triangular.hpp"
#include "text/number.hpp"

namespace gaussmix::em {
namespace {

constexpr double most_prior_rows = 1e100;  // more than any data have; their products with squares are still doubles

[[noreturn]] void invalid(const std::string& message) { throw Error(Errc::invalid_argument, message); }

/// c in the factor |Sigma_k|^(-c / 2) of the prior density; where a covariance is shared, the part of each component.
double exponent(const Prior& prior, Scatter scatter, Index n_components, Index n_features) {
    const auto d = static_cast<double>(n_features);
    switch (scatter) {
        case Scatter::trace: return (*prior.degrees_of_freedom + 2) / d + 1;
        case Scatter::diagonal: return *prior.degrees_of_freedom + 3;
        case Scatter::full: return *prior.degrees_of_freedom + d + 2;
        case Scatter::none:
        case Scatter::pooled: break;
    }
    return (*prior.degrees_of_freedom + d + 1) / static_cast<double>(n_components) + 1;
}

/// Adds precision * gap gap^T + share * covariance to the scatter of component k.
void add_scatter(Moments& moments, Index k, double precision, const std::vector<double>& gap, double share,
                 const std::vector<double>& covariance) {
    const Index d = moments.n_features;
    const auto added = [&](Index i, Index j, Index at) {
        return precision * gap[static_cast<std::size_t>(i)] * gap[static_cast<std::size_t>(j)] +
               share * covariance[static_cast<std::size_t>(at)];
    };
    double* scatter = moments.scatter.data();
    switch (moments.scatter_kind) {
        case Scatter::none: return;
        case Scatter::trace:
            scatter[k] +=
                precision * std::inner_product(gap.begin(), gap.end(), gap.begin(), 0.0) + share * covariance[0];
            return;
        case Scatter::diagonal:
            for (Index j = 0; j < d; ++j) scatter[k * d + j] += added(j, j, j);
            return;
        case Scatter::full: scatter += k * linalg::packed_size(d); break;
        case Scatter::pooled: break;
    }
    for (Index i = 0; i < d; ++i) {
        for (Index j = 0; j <= i; ++j) scatter[linalg::packed_index(i, j)] += added(i, j, i * d + j);
    }
}

}  // namespace

void check_numbers(const char* what, const std::vector<double>& numbers, Index expected, const char* shape) {
    if (static_cast<Index>(numbers.size()) != expected) {
        invalid(std::string(what) + " has " + std::to_string(numbers.size()) + " numbers, expected " +
                std::to_string(expected) + ": " + shape);
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (std::isfinite(numbers[i])) continue;
        invalid(std::string(what) + " has a number that is not finite, " + text::number(numbers[i]) + " at position " +
                std::to_string(i) + ": give finite numbers");
    }
}

Parameters with_covariance(const std::vector<double>& covariance, Covariance family, Index n_features) {
    return {family, 1, n_features, {1.0}, std::vector<double>(static_cast<std::size_t>(n_features)), covariance};
}

void check_prior_rows(const char* what, double rows, double least, const std::string& words) {
    if (rows > least && rows <= most_prior_rows) return;
    invalid(std::string(what) + "=" + text::number(rows, rows > least ? most_prior_rows : least) +
            " must be more than " + words + " and at most " + text::number(most_prior_rows));
}

void check(const Prior& prior, const Options& options, Index n_features) {
    const families::Family& family = families::get(options.family);
    const bool separable = rows::is_separable(family.whitening);
    if (!prior.mean.empty()) check_numbers("prior.mean", prior.mean, n_features, "one for each feature");
    check_prior_rows("prior.mean_precision", prior.mean_precision, 0, "0");
    if (prior.degrees_of_freedom) {
        // Variances of their own have an inverse gamma distribution each; variational Bayes writes Wishart's for all.
        const Index least = separable && !options.variational ? 0 : n_features - 1;
        check_prior_rows("prior.degrees_of_freedom", *prior.degrees_of_freedom, static_cast<double>(least),
                         (least > 0 ? "n_features-1 = " : "") + std::to_string(least));
    }
    if (prior.covariance.empty()) return;
    check_numbers("prior.covariance", prior.covariance, families::covariances_size(family, 1, n_features),
                  separable ? "variances, as the covariance_type has them" : "one for each pair of features");
}

void check_complete(const Prior& prior, const Options& options, Index n_features) {
    check(prior, options, n_features);
    if (prior.mean.empty() || !prior.degrees_of_freedom || prior.covariance.empty()) {
        invalid("prior leaves something to be taken from the data: give it to `complete`");
    }
}

void check_given(const Prior& prior, const Options& options, Index n_features) {
    check(prior, options, n_features);
    if (prior.covariance.empty()) return;
    const Covariance family = options.family;
    try {
        validate(with_covariance(prior.covariance, family, n_features));
    } catch (const Error& error) {
        const std::string told = error.what();
        const std::string named = families::covariance_in_words(with_covariance({}, family, n_features), 0);
        invalid("prior.covariance" + told.substr(told.rfind(named, 0) == 0 ? named.size() : 0));
    }
}

double trace_of(const Scorer& scorer, Index k, const std::vector<double>& matrix, const rows::Context& context) {
    const double* factor = families::factor_of(scorer, k);
    if (!rows::is_separable(scorer.whitening)) {
        return linalg::trace_of_product(factor, matrix.data(), scorer.n_features, context.table, context.n_threads,
                                        context.poll);
    }
    double trace = 0;
    for (std::size_t j = 0; j < matrix.size(); ++j) trace += factor[j] * factor[j] * matrix[j];
    return trace;
}

double log_determinant(const Scorer& scorer, Index k) {
    const Index d = scorer.n_features;
    const double* factor = families::factor_of(scorer, k);
    double sum = 0;
    for (Index j = 0; j < d; ++j) {
        const Index at = scorer.whitening == Whitening::scalar     ? 0
                         : scorer.whitening == Whitening::diagonal ? j
                                                                   : kernels::packed_factor_index(j, j);
        sum -= 2 * std::log(factor[at]);
    }
    return sum;
}

PriorShare posterior_mode(const Prior& prior, Scatter scatter, Index n_components, Index n_features) {
    return {scatter == Scatter::pooled ? 1 / static_cast<double>(n_components) : 1.0,
            exponent(prior, scatter, n_components, n_features)};
}

PriorShare posterior_mean(const Prior& prior, Scatter scatter, Index n_features) {
    return {scatter == Scatter::trace ? static_cast<double>(n_features) : 1.0, *prior.degrees_of_freedom};
}

Moments add(const Prior& prior, const PriorShare& share, const Moments& moments, families::MStep& step) {
    Moments result = moments;
    const Index d = moments.n_features;
    std::vector<double> gap(static_cast<std::size_t>(d));
    for (Index k = 0; k < moments.n_components; ++k) {
        for (Index j = 0; j < d; ++j) {
            const auto at = static_cast<std::size_t>(k * d + j);
            gap[static_cast<std::size_t>(j)] = prior.mean[static_cast<std::size_t>(j)] - moments.reference[at];
            result.first[at] += prior.mean_precision * gap[static_cast<std::size_t>(j)];
        }
        add_scatter(result, k, prior.mean_precision, gap, share.covariance, prior.covariance);
        step.divisors[static_cast<std::size_t>(k)] += share.divisor;
        step.counts[static_cast<std::size_t>(k)] += prior.mean_precision;
    }
    return result;
}

double log_density(const Prior& prior, Scatter scatter, const Scorer& scorer, const rows::Context& context) {
    const Index d = scorer.n_features;
    const double c = exponent(prior, scatter, scorer.n_components, d);
    std::vector<double> gap(static_cast<std::size_t>(d));
    double sum = 0;
    for (Index k = 0; k < scorer.n_components; ++k) {
        for (Index j = 0; j < d; ++j) {
            gap[static_cast<std::size_t>(j)] =
                scorer.means[static_cast<std::size_t>(k * d + j)] - prior.mean[static_cast<std::size_t>(j)];
        }
        sum -= c * log_determinant(scorer, k);
        sum -= prior.mean_precision * families::squared_length(scorer, k, gap.data());
        if (k == 0 || scatter != Scatter::pooled) sum -= trace_of(scorer, k, prior.covariance, context);
    }
    return sum / 2;
}

}  // namespace gaussmix::em
