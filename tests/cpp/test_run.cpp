/// A host that holds its rows in two pieces drives the run itself and gets what a fit of all rows gets.
#include <cmath>

#include "check.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/families.hpp"
#include "gaussmix/fit.hpp"
#include "two_clusters.hpp"

using namespace gaussmix;

namespace {

const TwoClusters data(600);

constexpr CovarianceType families[] = {CovarianceType::full, CovarianceType::tied, CovarianceType::diag,
                                       CovarianceType::spherical};

MatrixView rows(Index from, Index to) {
    return row_major(data.values.data() + from * TwoClusters::n_features, to - from, TwoClusters::n_features);
}

Options options_for(CovarianceType family) {
    Options options;
    options.n_components = 2;
    options.covariance_type = family;
    options.tol = 0;
    options.max_iter = 20;
    return options;
}

Parameters rough_start(CovarianceType family) {
    Parameters start;
    start.covariance_type = family;
    start.n_components = 2;
    start.n_features = TwoClusters::n_features;
    start.weights = {0.5, 0.5};
    start.means = {1, 0, 8, -2};
    switch (plain_family(family)) {
        case CovarianceType::tied: start.covariances = {4, 0, 0, 4}; break;
        case CovarianceType::diag: start.covariances = {4, 4, 4, 4}; break;
        case CovarianceType::spherical: start.covariances = {4, 4}; break;
        default: start.covariances = {4, 0, 0, 4, 4, 0, 0, 4};
    }
    return start;
}

bool all_close(const std::vector<double>& a, const std::vector<double>& b) {
    bool same = a.size() == b.size();
    for (std::size_t i = 0; same && i < a.size(); ++i) same = check::close(a[i], b[i], 1e-10);
    return same;
}

void chunks_give_what_one_pass_gives(CovarianceType family) {
    const Options options = options_for(family);
    const Model whole = fit(options, data.view(), {}, rough_start(family));

    Run run(options, summarize(data.view()), rough_start(family));
    while (!run.done()) {
        const Scatter scatter = scatter_for(family);
        run.advance(merge(accumulate(run.scorer(), scatter, rows(0, 250)),
                          accumulate(run.scorer(), scatter, rows(250, data.n_rows))));
    }
    CHECK_EQUAL(run.status(), Status::max_iter);
    CHECK_EQUAL(run.history().size(), 20);
    CHECK_EQUAL(whole.status, Status::max_iter);
    CHECK(all_close(run.history(), whole.history));
    CHECK(all_close(run.parameters().weights, whole.parameters.weights));
    CHECK(all_close(run.parameters().means, whole.parameters.means));
    CHECK(all_close(run.parameters().covariances, whole.parameters.covariances));
}

/// Without a ridge EM cannot lose likelihood (Dempster, Laird and Rubin 1977, theorem 1).
void likelihood_never_falls(CovarianceType family) {
    Options options = options_for(family);
    options.reg_covar = 0;
    const Model found = fit(options, data.view(), {}, rough_start(family));
    for (std::size_t i = 1; i < found.history.size(); ++i) {
        CHECK(found.history[i] >= found.history[i - 1] - 1e-12 * std::fabs(found.history[i]));
    }
}

void moments_count_rows_and_weights() {
    const Scorer scorer = prepare(rough_start(CovarianceType::full));
    const std::vector<double> twice(data.n_rows, 2.0);
    const Moments plain = accumulate(scorer, Scatter::full, data.view());
    const Moments doubled = accumulate(scorer, Scatter::full, data.view(), {twice.data(), data.n_rows});
    CHECK_EQUAL(plain.n_rows, data.n_rows);
    CHECK_CLOSE(plain.total_weight, 600, 1e-14);
    CHECK_CLOSE(plain.weights[0] + plain.weights[1], 600, 1e-12);
    CHECK_CLOSE(doubled.total_weight, 1200, 1e-14);
    CHECK_CLOSE(doubled.log_likelihood, 2 * plain.log_likelihood, 1e-12);
    CHECK_THROWS(merge(plain, accumulate(scorer, Scatter::diagonal, data.view())), Errc::invalid_argument);
}

/// Each is refused by `advance`, which names the remedy, and leaves the run as it was.
void moments_must_be_those_of_all_rows_under_the_present_model(CovarianceType family) {
    const Options options = options_for(family);
    const Scatter scatter = scatter_for(family);
    const Summary summary = merge(summarize(rows(0, 250)), summarize(rows(250, data.n_rows)));
    Run run(options, summary, rough_start(family));
    const Moments first = accumulate(run.scorer(), scatter, data.view());
    const auto refused = [&](const Moments& moments, const char* why) {
        try {
            run.advance(moments);
            CHECK(false);
        } catch (const Error& error) {
            CHECK_EQUAL(error.code(), Errc::invalid_argument);
            CHECK(std::string(error.what()).find(why) != std::string::npos);
        }
    };
    refused(accumulate(run.scorer(), scatter, rows(0, 250)), "of 250 rows of weight 250");
    refused(merge(first, accumulate(run.scorer(), scatter, rows(0, 1))), "once each");
    const std::vector<double> halves(data.n_rows, 0.5);
    refused(accumulate(run.scorer(), scatter, data.view(), {halves.data(), data.n_rows}), "of weight 300");
    refused(Moments{}, "0 components");
    CHECK(run.history().empty());
    run.advance(first);
    refused(first, "the run's present model");
    CHECK_THROWS(merge(first, accumulate(run.scorer(), scatter, data.view())), Errc::invalid_argument);
    const Run twin(options, summary, run.parameters());  // another process' run, in the same place
    run.advance(accumulate(twin.scorer(), scatter, data.view()));
    while (!run.done()) run.advance(accumulate(run.scorer(), scatter, data.view()));
    refused(accumulate(run.scorer(), scatter, data.view()), "the run has ended, max_iter");
    CHECK_EQUAL(run.history().size(), 20);
}

/// Moments of two components, the second without rows: what the halves of the first add up to is the first.
void halves_have_the_mean_and_the_covariance_of_the_whole(CovarianceType family) {
    Options options = options_for(family);
    options.n_components = 1;
    options.reg_covar = 0;
    const Summary summary = summarize(data.view());
    Parameters one = rough_start(family);
    one.n_components = 1;
    one.weights = {1};
    one.means.resize(2);
    if (family != CovarianceType::tied) one.covariances.resize(one.covariances.size() / 2);
    Run whole(options, summary, one);
    whole.advance(accumulate(whole.scorer(), scatter_for(family), data.view()));
    const Parameters& all = whole.parameters();

    Parameters two = rough_start(family);
    two.weights = {1, 0};
    options.n_components = 2;
    Run run(options, summary, two);
    run.advance(accumulate(run.scorer(), scatter_for(family), data.view()));
    const Parameters& halves = run.parameters();
    CHECK(run.events().size() == 1 && run.events()[0].act == Act::reseed && run.events()[0].component == 1);
    CHECK_CLOSE(halves.weights[0], 0.5, 1e-15);
    CHECK_CLOSE(halves.weights[1], 0.5, 1e-15);
    const double step[] = {(halves.means[2] - halves.means[0]) / 2, (halves.means[3] - halves.means[1]) / 2};
    for (int j = 0; j < 2; ++j) CHECK_CLOSE((halves.means[j] + halves.means[2 + j]) / 2, all.means[j], 1e-12);
    const std::vector<double>& c = halves.covariances;
    switch (family) {
        case CovarianceType::tied: CHECK(all_close(c, all.covariances)); break;
        case CovarianceType::diag:
            for (int j = 0; j < 2; ++j) {
                CHECK_EQUAL(c[j], c[2 + j]);
                CHECK_CLOSE(c[j] + step[j] * step[j], all.covariances[j], 1e-12);
            }
            break;
        case CovarianceType::spherical:
            CHECK_EQUAL(c[0], c[1]);
            CHECK_CLOSE(c[0] + (step[0] * step[0] + step[1] * step[1]) / 2, all.covariances[0], 1e-12);
            break;
        default:
            for (int i = 0; i < 4; ++i) {
                CHECK_EQUAL(c[i], c[4 + i]);
                CHECK_CLOSE(c[i] + step[i / 2] * step[i % 2], all.covariances[i], 1e-12);
            }
    }
}

/// Under a prior, chunks need it completed from the data first.
void a_prior_must_be_complete(CovarianceType family) {
    Options options = options_for(family);
    options.prior.emplace();
    const Summary summary = summarize(data.view());
    CHECK_THROWS(Run(options, summary, rough_start(family)), Errc::invalid_argument);
    options.prior->mean = {4, 0};
    options.prior->degrees_of_freedom = 6;
    options.prior->covariance = rough_start(family).covariances;
    options.prior->covariance.resize(family == CovarianceType::spherical ? 1 : family == CovarianceType::diag ? 2 : 4);
    const Model expected = fit(options, data.view(), {}, rough_start(family));
    Run run(options, summary, rough_start(family));
    while (!run.done()) run.advance(accumulate(run.scorer(), scatter_for(family), data.view()));
    CHECK(all_close(run.parameters().means, expected.parameters.means));
    CHECK(all_close(run.history(), expected.history));
    CHECK_THROWS(complete(Prior{}, options_for(CovarianceType::full), summary), Errc::invalid_argument);
}

/// Half of the rows are the same one. As a fit tells; rows in pieces are counted, not compared, unless the host says
/// more.
void a_run_tells_which_components_have_collapsed(CovarianceType family) {
    std::vector<double> values = data.values;
    for (std::size_t i = values.size() / 2; i < values.size(); ++i) values[i] = i % 2 == 0 ? 40 : 50;
    const MatrixView x = row_major(values.data(), data.n_rows, TwoClusters::n_features);
    const Options options = options_for(family);
    Parameters start = rough_start(family);
    start.means = {0, 0, 40, 50};
    const std::vector<Index> expected = family == CovarianceType::tied ? std::vector<Index>{} : std::vector<Index>{1};
    CHECK_EQUAL(fit(options, x, {}, start).collapsed, expected);
    CHECK(fit(options, data.view()).collapsed.empty());
    Run run(options, summarize(x), start);
    CHECK(run.collapsed().empty());
    while (!run.done()) run.advance(accumulate(run.scorer(), scatter_for(family), x));
    CHECK_EQUAL(run.collapsed(), expected);
    CHECK_EQUAL(run.collapsed(3), expected);
    start.weights = {1, 0};
    start.means = {0, 0, 1e9, 1e9};
    CHECK(fit(options, data.view(), {}, start).collapsed.empty());

    // Two distinct rows are too few for a matrix, and a place of one is for any family.
    for (const double other : {1.0, 3.0}) {
        const std::vector<double> few = {1, 2, 1, 2, 1, 2, other, 2 * other, other, 2 * other, other, 2 * other};
        const MatrixView rows = row_major(few.data(), 6, TwoClusters::n_features);
        const bool whole = family == CovarianceType::full || family == CovarianceType::tied;
        Options one = options;
        one.n_components = 1;
        const bool none = other == 3 && !whole;
        CHECK(fit(one, rows).collapsed == (none ? std::vector<Index>{} : std::vector<Index>{0}));
        Parameters single = rough_start(family);
        single.n_components = 1;
        single.weights = {1};
        single.means.resize(2);
        if (family != CovarianceType::tied) single.covariances.resize(single.covariances.size() / 2);
        Run blind(one, summarize(rows), single);
        while (!blind.done()) blind.advance(accumulate(blind.scorer(), scatter_for(family), rows));
        CHECK(blind.collapsed().empty());
        CHECK(blind.collapsed(other == 3 ? 2 : 1).empty() == none);
    }
}

/// Of few rows the prior is as wide as the clusters, if these are told, and else as a share of the data's volume.
void a_prior_is_completed_from_few_rows(CovarianceType family) {
    Options options = options_for(family);
    options.n_components = 4;
    const Index d = 6;
    Summary summary;
    summary.n_rows = 20;
    summary.total_weight = 20;
    summary.means.assign(d, 0);
    summary.variances.assign(d, 1);
    summary.minima.assign(d, -3);
    summary.maxima.assign(d, 3);
    summary.minima.assign(d, -2);
    summary.maxima.assign(d, 2);
    const bool whole = family == CovarianceType::full || family == CovarianceType::tied;
    std::vector<double> covariance(static_cast<std::size_t>(whole ? d * d : d), whole ? 0.5 : 1.0);
    for (Index j = 0; whole && j < d; ++j) covariance[static_cast<std::size_t>(j * d + j)] = 1;
    std::vector<double> within = covariance;
    for (double& value : within) value /= 100;

    const Prior by_volume = complete({}, options, summary, whole ? covariance : std::vector<double>());
    const Prior by_clusters = complete({}, options, summary, {}, within);
    CHECK(by_volume.degrees_of_freedom == (family == CovarianceType::diag ? 3 : d + 2));
    const double divisor = family == CovarianceType::tied   ? 2 * d + 3 + 4  // as the M-step has it, without rows
                           : family == CovarianceType::diag ? 6
                                                            : 2 * d + 4;
    CHECK_CLOSE(by_volume.covariance[0], divisor * 20 / 19 / std::pow(4, 1.0 / 3), 1e-12);
    const double part = 1.0 / 17;
    CHECK_CLOSE(by_clusters.covariance[0], divisor * (20 * 0.01 + part * 20 / 19 / std::pow(4, 1.0 / 3)) / (16 + part),
                1e-12);
    if (whole) CHECK(by_clusters.covariance[1] < 0.9 * 0.5 * by_clusters.covariance[0]);  // shrunk

    within.pop_back();
    CHECK_THROWS(complete({}, options, summary, {}, within), Errc::invalid_argument);
}

/// Of any number of rows that lie in a plane, one is shrunk; a constant feature has the scale of the others.
void a_prior_of_singular_data_is_one() {
    const Options options = options_for(CovarianceType::full);
    Summary summary;
    summary.n_rows = 1000;
    summary.total_weight = 1000;
    summary.means = {0, 0, 0};
    summary.variances = {4, 4, 0};
    summary.minima = {-9, -9, 0};
    summary.maxima = {9, 9, 0};
    const std::vector<double> plane = {4, 4, 0, 4, 4, 0, 0, 0, 0};
    const Prior found = complete({}, options, summary, plane);
    validate({CovarianceType::full, 1, 3, {1}, {0, 0, 0}, found.covariance});
    CHECK_CLOSE(found.covariance[8] / found.covariance[0], (8.0 / 3) / 4, 1e-12);
    CHECK(found.covariance[1] < 0.9999 * found.covariance[0]);
    std::vector<double> sure = plane;
    sure[1] = sure[3] = 2;
    CHECK_CLOSE(complete({}, options, summary, sure).covariance[1] * std::pow(2, 2.0 / 3), 2 * 1000 / 999.0, 1e-12);
}

void an_interrupted_run_is_done() {
    Run run(options_for(CovarianceType::full), summarize(data.view()), rough_start(CovarianceType::full));
    CHECK(!run.done());
    run.interrupt();
    CHECK(run.done());
    CHECK_EQUAL(run.status(), Status::interrupted);
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        for (const CovarianceType family : families) {
            TEST(moments_must_be_those_of_all_rows_under_the_present_model(family));
            TEST(chunks_give_what_one_pass_gives(family));
            TEST(likelihood_never_falls(family));
            TEST(halves_have_the_mean_and_the_covariance_of_the_whole(family));
            TEST(a_prior_must_be_complete(family));
            TEST(a_prior_is_completed_from_few_rows(family));
            TEST(a_run_tells_which_components_have_collapsed(family));
        }
        TEST(a_prior_of_singular_data_is_one());
        TEST(moments_count_rows_and_weights());
        TEST(an_interrupted_run_is_done());
    });
}
