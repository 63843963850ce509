/// Moments of rows that keep coming: what fades, what a mixture stands for, and the steps of a run.
#include <cmath>

#include "check.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/gaussmix.hpp"
#include "two_clusters.hpp"

using namespace gaussmix;

namespace {

Options options_for(CovarianceType family, bool has_prior = false) {
    Options options;
    options.n_components = 2;
    options.covariance_type = family;
    if (has_prior) options.prior.emplace();
    return options;
}

void check_all_close(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
    CHECK(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK_CLOSE(a[i], b[i], tolerance);
}

/// An M-step of the moments that a mixture stands for gives the mixture.
void moments_of_a_mixture_give_it_back(const Options& given) {
    const TwoClusters data(600);
    Options options = given;
    const Summary summary = summarize(data.view());
    if (options.prior) {
        options.prior->covariance = {4};
        if (covariance_shape(options.covariance_type, 2).size() == 1) options.prior->covariance = {4, 3};
        if (covariance_shape(options.covariance_type, 2).size() == 2) options.prior->covariance = {4, 1, 1, 3};
        options.prior->mean_precision = 5;
        options.prior = complete(*options.prior, options, summary);
    }
    const Ridge ridge = make_ridge(options, summary);
    const Parameters fitted = fit(options, data.view()).parameters;
    const Moments moments = moments_of(fitted, 600, ridge, options.prior);
    CHECK(moments.total_weight == 600 && moments.n_rows == 0 && moments.model == 0);
    std::vector<Event> events;
    const Parameters again = update(moments, options.covariance_type, ridge, options.prior, 2, events);
    CHECK(events.empty());
    check_all_close(again.weights, fitted.weights, 1e-12);
    check_all_close(again.means, fitted.means, 1e-10);
    check_all_close(again.covariances, fitted.covariances, 1e-6);
}

void rows_that_came_before_fade() {
    const TwoClusters data(600);
    const Options options = options_for(CovarianceType::full);
    const Scatter scatter = scatter_for(options.covariance_type);
    const Parameters first = fit(options, row_major(data.values.data(), 60, 2)).parameters;
    const Parameters second = fit(options, row_major(data.values.data(), 300, 2)).parameters;
    const Moments before = accumulate(prepare(first), scatter, row_major(data.values.data(), 200, 2));
    const Moments now = accumulate(prepare(second), scatter, row_major(data.values.data() + 400, 400, 2));
    CHECK_THROWS(merge(now, before), Errc::invalid_argument);
    const Moments sum = stepwise(now, before, 0.25);
    CHECK(sum.model == now.model && sum.n_rows == 600);
    CHECK_CLOSE(sum.total_weight, 400 + 0.25 * 200, 1e-12);
    CHECK_CLOSE(sum.log_likelihood, now.log_likelihood + 0.25 * before.log_likelihood, 1e-9);
    CHECK(check::same_bits(sum.reference, now.reference));
    for (std::size_t k = 0; k < 2; ++k) {
        CHECK_CLOSE(sum.weights[k], now.weights[k] + 0.25 * before.weights[k], 1e-9);
        const double shift = before.reference[2 * k] - now.reference[2 * k];
        CHECK_CLOSE(sum.first[2 * k], now.first[2 * k] + 0.25 * (before.first[2 * k] + before.weights[k] * shift),
                    1e-9);
    }
    CHECK(check::same_bits(stepwise(now, before, 0).scatter, now.scatter));
    for (const double bad : {-0.1, 1.1, std::nan("")}) {
        CHECK_THROWS(stepwise(now, before, bad), Errc::invalid_argument);
    }
    Moments other = before;
    other.n_features = 3;
    CHECK_THROWS(stepwise(now, other, 0.5), Errc::invalid_argument);
}

/// A step with the moments of all rows is an iteration; one with those of others is possible, too.
void a_step_is_an_iteration_of_any_rows(CovarianceType family) {
    const TwoClusters data(600);
    Options options = options_for(family);
    options.acceleration = Acceleration::classic;
    const Summary summary = summarize(data.view());
    const Parameters start = fit(options, row_major(data.values.data(), 60, 2)).parameters;
    Run stepping(options, summary, start);
    Run advancing(options, summary, start);
    const Moments all = accumulate(stepping.scorer(), scatter_for(family), data.view());
    stepping.step(all);
    advancing.advance(all);
    CHECK(!stepping.done() && stepping.history().empty());
    CHECK(check::same_bits(stepping.parameters().means, advancing.parameters().means));
    CHECK(check::same_bits(stepping.parameters().covariances, advancing.parameters().covariances));
    const Moments some = accumulate(stepping.scorer(), scatter_for(family), row_major(data.values.data() + 200, 90, 2));
    CHECK_THROWS(advancing.advance(some), Errc::invalid_argument);
    CHECK_THROWS(stepping.step(all), Errc::invalid_argument);
    stepping.step(stepwise(some, all, 0.9));
    CHECK_CLOSE(stepping.parameters().means[0], advancing.parameters().means[0], 0.3);
    stepping.interrupt();
    CHECK_THROWS(stepping.step(some), Errc::invalid_argument);
}

void misuse_is_refused() {
    const TwoClusters data(300);
    const Options options = options_for(CovarianceType::full);
    const Ridge ridge = make_ridge(options, summarize(data.view()));
    const Parameters fitted = fit(options, data.view()).parameters;
    CHECK_THROWS(moments_of(fitted, 0, ridge), Errc::invalid_argument);
    CHECK_THROWS(moments_of(fitted, 10, Ridge{{1}, {1}}), Errc::invalid_argument);
    CHECK_THROWS(moments_of(fitted, 10, ridge, Prior{}), Errc::invalid_argument);
    CHECK_THROWS(moments_of(Parameters{}, 10, ridge), Errc::invalid_argument);
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        for (const CovarianceType family : all_families()) {
            TEST(moments_of_a_mixture_give_it_back(options_for(family)));
            TEST(moments_of_a_mixture_give_it_back(options_for(family, true)));
            TEST(a_step_is_an_iteration_of_any_rows(family));
        }
        TEST(rows_that_came_before_fade());
        TEST(misuse_is_refused());
    });
}
