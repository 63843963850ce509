/// Variational Bayes from inside: its special functions, its bound, its options.
#include <cmath>

#include "check.hpp"
#include "em/mstep/gamma.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/fit.hpp"
#include "two_clusters.hpp"
#include "whitening/scorer.hpp"

using namespace gaussmix;

namespace {

const TwoClusters data(600);

constexpr CovarianceType families[] = {CovarianceType::full, CovarianceType::tied, CovarianceType::diag,
                                       CovarianceType::spherical};

Options options_for(CovarianceType family, bool process) {
    Options options;
    options.n_components = 5;
    options.covariance_type = family;
    options.tol = 0;
    options.max_iter = 400;
    options.reg_covar = 0;
    options.prior.emplace();
    options.prior->mean_precision = 1;
    options.prior->degrees_of_freedom = 2;
    options.variational = WeightPrior{process, 0.01};
    return options;
}

void special_functions_are_exact() {
    constexpr double euler = 0.57721566490153286061;
    constexpr double pi = 3.14159265358979323846;
    CHECK_CLOSE(em::digamma(1), -euler, 1e-15);
    CHECK_CLOSE(em::digamma(0.5), -euler - 2 * std::log(2.0), 1e-15);
    CHECK_CLOSE(em::log_gamma(0.5), std::log(pi) / 2, 2e-14);
    for (double x = 1e-8; x < 1e8; x *= 1.37) {
        CHECK_CLOSE(em::log_gamma(x), std::lgamma(x), 2e-14);
        CHECK_CLOSE(em::digamma(x + 1) - em::digamma(x), 1 / x, 1e-14 * std::fmax(1.0, std::fabs(em::digamma(x)) * x));
    }
}

void the_bound_never_falls_and_components_that_are_not_needed_fade(CovarianceType family, bool process) {
    const Model found = fit(options_for(family, process), data.view());
    for (std::size_t i = 1; i < found.history.size(); ++i) {
        CHECK(found.history[i] >= found.history[i - 1] - 1e-12 * std::fabs(found.history[i]));
    }
    double rest = 1;
    for (const double weight : found.parameters.weights) rest -= weight > 0.1 ? weight : 0;
    CHECK(rest < 0.05 || family == CovarianceType::tied);  // the clusters differ in width
    CHECK(found.posterior.has_value());
    CHECK(found.posterior->concentration.size() == (process ? 10u : 5u));
    double rows = 0;
    for (const double precision : found.posterior->mean_precision) rows += precision - 1;
    CHECK_CLOSE(rows, 600, 1e-12);
}

void options_are_checked() {
    Options options = options_for(CovarianceType::full, true);
    options.variational->concentration = 0;
    CHECK_THROWS(fit(options, data.view()), Errc::invalid_argument);
    options = options_for(CovarianceType::full, true);
    options.prior.reset();
    CHECK_THROWS(fit(options, data.view()), Errc::invalid_argument);
}

void a_fit_goes_on_from_a_posterior(CovarianceType family, bool process) {
    Options options = options_for(family, process);
    options.max_iter = 8;
    const Model once = fit(options, data.view());
    options.max_iter = 4;
    const Model half = fit(options, data.view());
    const Model rest = fit(options, data.view(), {}, Inferred{half.parameters, *half.posterior});
    for (std::size_t i = 0; i < 4; ++i) CHECK_CLOSE(rest.history[i], once.history[i + 4], 1e-9);
    const Scorer again = prepare(rest.parameters, *rest.posterior);
    for (std::size_t k = 0; k < 5; ++k) {
        CHECK_CLOSE(again.numbers().log_constants[k], rest.scorer.numbers().log_constants[k], 1e-12);
    }
}

void a_posterior_is_checked() {
    Options options = options_for(CovarianceType::full, true);
    options.max_iter = 2;
    const Model found = fit(options, data.view());
    const Inferred start{found.parameters, *found.posterior};
    Options other = options;
    other.variational->process = false;
    CHECK_THROWS(fit(other, data.view(), {}, start), Errc::invalid_argument);
    other = options;
    other.variational.reset();
    CHECK_THROWS(fit(other, data.view(), {}, start), Errc::invalid_argument);
    for (std::vector<double> Posterior::* part :
         {&Posterior::concentration, &Posterior::mean_precision, &Posterior::degrees_of_freedom}) {
        Posterior bad = start.posterior;
        (bad.*part)[0] = -1;
        CHECK_THROWS(prepare(start.parameters, bad), Errc::invalid_argument);
        (bad.*part).pop_back();
        CHECK_THROWS(prepare(start.parameters, bad), Errc::invalid_argument);
    }
}

/// The bound shifts by a constant: what the units of the data are does not matter.
void extreme_units_do_not_matter() {
    Options options = options_for(CovarianceType::full, true);
    options.max_iter = 10;
    const Model plain = fit(options, data.view());
    std::vector<double> scaled = data.values;
    for (double& value : scaled) value = std::ldexp(value, 400);
    const Model found = fit(options, row_major(scaled.data(), data.n_rows, TwoClusters::n_features));
    for (std::size_t i = 0; i < plain.parameters.means.size(); ++i) {
        CHECK_CLOSE(std::ldexp(found.parameters.means[i], -400), plain.parameters.means[i], 1e-9);
    }
    CHECK_CLOSE(found.history[9] - found.history[4], plain.history[9] - plain.history[4], 1e-7);
    const double log_volume = 2 * 400 * std::log(2.0);
    CHECK_CLOSE(found.scorer.numbers().log_constants[0], plain.scorer.numbers().log_constants[0] - log_volume, 1e-9);
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(special_functions_are_exact());
        for (const CovarianceType family : families) {
            TEST(the_bound_never_falls_and_components_that_are_not_needed_fade(family, true));
            TEST(the_bound_never_falls_and_components_that_are_not_needed_fade(family, false));
            TEST(a_fit_goes_on_from_a_posterior(family, true));
            TEST(a_fit_goes_on_from_a_posterior(family, false));
        }
        TEST(options_are_checked());
        TEST(a_posterior_is_checked());
        TEST(extreme_units_do_not_matter());
    });
}
