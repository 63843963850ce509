/// Whatever a caller may get wrong is refused by an Error that names the argument, before anything is computed.
#include <cmath>
#include <limits>
#include <string>

#include "check.hpp"
#include "gaussmix/gaussmix.hpp"
#include "two_clusters.hpp"

using namespace gaussmix;

namespace {

const TwoClusters data(60);

/// The expression throws Error(invalid_argument) with these words in its message.
#define CHECK_REFUSES(expression, words)                                                                         \
    do {                                                                                                         \
        std::string message;                                                                                     \
        try {                                                                                                    \
            static_cast<void>(expression);                                                                       \
        } catch (const Error& error) {                                                                           \
            if (error.code() == Errc::invalid_argument) message = error.what();                                  \
        }                                                                                                        \
        check::report(message.find(words) != std::string::npos, #expression " is refused with " words, __FILE__, \
                      __LINE__);                                                                                 \
    } while (false)

Options two() {
    Options options;
    options.n_components = 2;
    return options;
}

template <class Change>
void refuses_option(Change&& change, const char* words) {
    Options options = two();
    change(options);
    std::string message;
    try {
        fit(options, data.view());
    } catch (const Error& error) {
        message = error.what();
    }
    check::report(message.find(words) != std::string::npos, words, __FILE__, __LINE__);
}

void options_out_of_range() {
    static constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    refuses_option([](Options& o) { o.n_components = 0; }, "n_components=0 must be at least 1");
    refuses_option([](Options& o) { o.n_components = 61; }, "n_components=61 needs at least 61 rows");
    refuses_option([](Options& o) { o.n_init = 0; }, "n_init=0 must be at least 1");
    refuses_option([](Options& o) { o.max_iter = -3; }, "max_iter=-3 must not be negative");
    refuses_option([](Options& o) { o.tol = -1; }, "tol=-1");
    refuses_option([](Options& o) { o.tol = nan; }, "tol=nan");
    refuses_option([](Options& o) { o.reg_covar = -0.5; }, "reg_covar=-0.5");
    refuses_option([](Options& o) { o.reg_covar = nan; }, "reg_covar=nan");
    Execution execution;
    execution.n_threads = -1;
    CHECK_REFUSES(fit(two(), data.view(), {}, {}, execution), "n_threads=-1");
    execution.n_threads = 100000;
    CHECK_REFUSES(fit(two(), data.view(), {}, {}, execution), "n_threads=100000 must be positive and at most 4096");
    const Scorer scorer = fit(two(), data.view()).scorer;
    CHECK_REFUSES(score(scorer, row_major(data.values.data(), 1, 2), {}, execution), "n_threads=100000");
}

void priors_that_make_no_sense() {
    static constexpr double infinite = std::numeric_limits<double>::infinity();
    const auto refuses_prior = [](const Prior& prior, const char* words) {
        refuses_option([&prior](Options& o) { o.prior = prior; }, words);
    };
    refuses_prior({{1, 2, 3}, 0.01, {}, {}}, "prior.mean has 3 numbers, expected 2");
    refuses_prior({{1, infinite}, 0.01, {}, {}}, "prior.mean has a number that is not finite");
    refuses_prior({{}, 0, {}, {}}, "prior.mean_precision=0 must be more than 0");
    refuses_prior({{}, 1e101, {}, {}}, "prior.mean_precision=1e+101 must be more than 0 and at most 1e+100");
    refuses_prior({{}, 0.01, 1.0, {}}, "prior.degrees_of_freedom=1 must be more than n_features-1 = 1");
    refuses_prior({{}, 0.01, {}, {1, 0, 1}}, "prior.covariance has 3 numbers, expected 4");
    refuses_prior({{}, 0.01, {}, {1, 2, 2, 1}}, "prior.covariance is not positive definite");

    const Summary summary = summarize(data.view());
    const Parameters start = fit(two(), data.view()).parameters;
    const std::vector<double> mean = {1, 2};
    for (const Prior& partial : {Prior{}, Prior{mean, 0.01, {}, {}}, Prior{mean, 0.01, 4.0, {}}}) {
        Options options = two();
        options.prior = partial;
        CHECK_REFUSES(Run(options, summary, start), "give it to `complete`");
    }
}

void posteriors_that_do_not_fit() {
    Options options = two();
    options.prior = Prior{{}, 1.0, 2.0, {}};
    options.variational = WeightPrior{};
    const Model found = fit(options, data.view());
    const auto start_with = [&](auto change) {
        Inferred start{found.parameters, *found.posterior};
        change(start.posterior);
        fit(options, data.view(), {}, start);
    };
    start_with([](Posterior&) {});
    CHECK_REFUSES(start_with([](Posterior& p) { p.mean_precision.pop_back(); }), "mean_precision has 1 numbers");
    CHECK_REFUSES(start_with([](Posterior& p) { p.mean_precision[1] = HUGE_VAL; }), "mean_precision has inf");
    CHECK_REFUSES(start_with([](Posterior& p) { p.degrees_of_freedom[0] = 1; }), "degrees_of_freedom has 1");
    options.variational->process = false;
    CHECK_REFUSES(start_with([](Posterior&) {}), "init is a mixture under a Dirichlet ");
    options.variational.reset();
    CHECK_REFUSES(start_with([](Posterior&) {}), "no variational Bayes asked for");
}

void names_that_are_not() {
    CHECK_REFUSES(covariance_type_from_name("round"), "covariance_type='round'");
    CHECK_REFUSES(init_from_name("best"), "'best'");
    CHECK_REFUSES(pruning_from_name("on"), "'on'");
    CHECK_REFUSES(status_from_name("fine"), "'fine'");
    CHECK_REFUSES(act_from_name("shrug"), "'shrug'");
}

void rows_and_weights_that_do_not_fit() {
    MatrixView x = data.view();
    x.data = nullptr;
    CHECK_REFUSES(fit(two(), x), "X has no data");
    CHECK_REFUSES(fit(two(), row_major(data.values.data(), 0, 2)), "X has shape (0, 2)");
    CHECK_REFUSES(fit(two(), row_major(data.values.data(), 2, 0)), "X has shape (2, 0)");
    const Scorer scorer = fit(two(), data.view()).scorer;
    std::vector<double> out(120);
    CHECK_REFUSES(score_samples(scorer, row_major(out.data(), 40, 3), {out.data(), 40}), "X has 3 features");

    std::vector<double> weights(60, 1.0);
    const auto fit_weighted = [&] { return fit(two(), data.view(), {weights.data(), 60}); };
    CHECK_REFUSES(fit(two(), data.view(), {weights.data(), 59}), "sample_weight has 59 numbers");
    weights[4] = -1;
    CHECK_REFUSES(fit_weighted(), "sample_weight is -1 at row 4");
    weights.assign(60, 0.0);
    CHECK_REFUSES(fit_weighted(), "sample_weight is zero for every row");
    weights[7] = 1;
    CHECK_REFUSES(fit_weighted(), "needs at least 2 rows of positive weight, X has 1");
    weights.assign(60, std::numeric_limits<double>::max());
    CHECK_REFUSES(fit_weighted(), "infinite sum");
}

void starts_that_do_not_fit() {
    const auto fit_from = [](const Start& start) { return fit(two(), data.view(), {}, start); };
    std::vector<std::int64_t> labels(60, 0);
    CHECK_REFUSES(fit_from(Labels{labels.data(), 59}), "init has 59 labels, but X has 60 rows");
    labels[3] = 2;
    CHECK_REFUSES(fit_from(Labels{labels.data(), 60}), "init has label 2 at row 3");
    labels[1] = -1;
    CHECK_REFUSES(fit_from(Labels{labels.data(), 60}), "init has label -1 at row 1");

    std::vector<double> shares(180, 0.5);
    CHECK_REFUSES(fit_from(Responsibilities{row_major(shares.data(), 60, 3)}), "responsibilities of shape (60, 3)");
    CHECK_REFUSES(fit_from(Responsibilities{row_major(shares.data(), 59, 2)}), "responsibilities of shape (59, 2)");
    shares[2 * 9] = std::numeric_limits<double>::quiet_NaN();
    CHECK_REFUSES(fit_from(Responsibilities{row_major(shares.data(), 60, 2)}), "responsibility of nan at row 9");
    shares[2 * 9] = shares[2 * 9 + 1] = std::numeric_limits<double>::max();
    CHECK_REFUSES(fit_from(Responsibilities{row_major(shares.data(), 60, 2)}), "sum to inf at row 9");
    shares[2 * 9] = -0.5;
    CHECK_REFUSES(fit_from(Responsibilities{row_major(shares.data(), 60, 2)}), "responsibility of -0.5 at row 9");
    shares[2 * 9] = shares[2 * 9 + 1] = 0;
    CHECK_REFUSES(fit_from(Responsibilities{row_major(shares.data(), 60, 2)}), "sum to 0 at row 9");

    const Parameters good = fit(two(), data.view()).parameters;
    Options options = two();
    options.n_components = 3;
    CHECK_REFUSES(fit(options, data.view(), {}, good), "init is a mixture of 2 components");
    CHECK_REFUSES(fit(two(), row_major(data.values.data(), 40, 3), {}, good), "init is a mixture of 2 features");
}

void parameters_that_are_no_mixture() {
    const Parameters good = fit(two(), data.view()).parameters;
    const auto validate_with = [&good](auto change) {
        Parameters changed = good;
        change(changed);
        validate(changed);
    };
    validate(good);
    CHECK_REFUSES(validate_with([](Parameters& p) { p.n_components = 0; }), "at least one component");
    CHECK_REFUSES(validate_with([](Parameters& p) { p.means.pop_back(); }), "means has 3 numbers, expected 4");
    CHECK_REFUSES(validate_with([](Parameters& p) { p.means[1] = HUGE_VAL; }), "means has a number that is not finite");
    CHECK_REFUSES(validate_with([](Parameters& p) { p.weights = {1.5, -0.5}; }), "weights has a negative number");
    CHECK_REFUSES(validate_with([](Parameters& p) { p.weights = {0.5, 0.4}; }), "divide them by their sum");
    CHECK_REFUSES(validate_with([](Parameters& p) { p.weights = {0.5, 0.500002}; }), "weights sum to 1.000002, not");
    CHECK_REFUSES(validate_with([](Parameters& p) { p.weights = {0, 0}; }), "weights are all zero");
    CHECK_REFUSES(validate_with([](Parameters& p) { p.covariances[1] += 1; }),
                  "component 0 is not symmetric at (1, 0)");
    CHECK_REFUSES(
        validate_with([](Parameters& p) { p.covariances = {1, 0, 0, 1, 1, 0.25, 0.5, 1}; }),
        "component 1 is not symmetric at (1, 0): it has 0.5 there and 0.25 at (0, 1), which rounding does not "
        "explain: give the mean of both");
    CHECK_REFUSES(validate_with([](Parameters& p) {
                      p.covariance_type = CovarianceType::tied;
                      p.covariances = {1, 0.25, 0.5, 1};
                  }),
                  "the shared matrix is not symmetric at (1, 0)");
    CHECK_THROWS(validate_with([](Parameters& p) { p.covariances[4] = -1; }), Errc::degenerate);
    CHECK_REFUSES(validate_with([](Parameters& p) { p.n_features = Index{1} << 62; }), "means has 4 numbers");
    double x = 0;
    std::int64_t label = 0;
    CHECK_REFUSES(sample(good, 0, 1, {&x, 1}, {&label, 1}), "n_samples=0 must be at least 1");
}

/// Single precision leaves this much between two numbers that are one.
void covariances_that_are_symmetric_but_for_rounding() {
    const double half = 0.5;
    const double other = half + 0x1p-25;
    for (const CovarianceType family : {CovarianceType::full, CovarianceType::tied}) {
        const std::vector<double> one{1, other, half, 2};
        const std::vector<double> mean{1, (half + other) / 2, (half + other) / 2, 2};
        const Parameters given{family, 1, 2, {1}, {0, 0}, one};
        const Parameters symmetric{family, 1, 2, {1}, {0, 0}, mean};
        CHECK_EQUAL(symmetrised(given).covariances, mean);
        CHECK_EQUAL(symmetrised(symmetric).covariances, mean);
        CHECK_EQUAL(precisions_cholesky(prepare(given), family), precisions_cholesky(prepare(symmetric), family));
        std::vector<double> rows(20);
        std::vector<double> same(20);
        std::vector<std::int64_t> labels(10);
        sample(given, 10, 3, rows, labels);
        sample(symmetric, 10, 3, same, labels);
        CHECK_EQUAL(rows, same);
        Options options;
        options.n_components = 1;
        options.covariance_type = family;
        options.max_iter = 0;
        CHECK_EQUAL(fit(options, data.view(), {}, given).parameters.covariances, mean);
    }
}

void components_and_features_that_are_not_there() {
    const Parameters one{CovarianceType::diag, 1, 2, {1.0}, {0, 0}, {1, 4}};
    CHECK_EQUAL(covariance_matrix(one, 0), (std::vector<double>{1, 0, 0, 4}));
    CHECK_EQUAL(covariance_matrix(one, 0, {1}), (std::vector<double>{4}));
    CHECK_REFUSES(covariance_matrix(one, 1), "there is no component 1");
    CHECK_REFUSES(covariance_matrix(one, -1), "there is no component -1");
    CHECK_REFUSES(covariance_matrix(one, 0, {0, 2}), "there is no feature 2");
    CHECK_REFUSES(variances({CovarianceType::full, 1, 2, {1.0}, {0, 0}, {1, 4}}),
                  "covariances has 2 numbers, expected 4");
}

void moments_that_do_not_fit() {
    const Model found = fit(two(), data.view());
    const Summary summary = summarize(data.view());
    const Run run(two(), summary, found.parameters);
    const Moments good = accumulate(run.scorer(), Scatter::full, data.view());
    const auto advance_with = [&](auto change) {
        Moments changed = good;
        change(changed);
        Run(two(), summary, found.parameters).advance(changed);
    };
    advance_with([](Moments&) {});
    CHECK_REFUSES(advance_with([](Moments& m) { m.first.pop_back(); }), "first has 3 numbers, expected 4");
    CHECK_REFUSES(advance_with([](Moments& m) { m.scatter[0] = HUGE_VAL; }), "scatter has a number that is not finite");
    CHECK_REFUSES(advance_with([](Moments& m) { m.total_weight = 0; }), "60 rows of weight 0, but");
    CHECK_REFUSES(advance_with([](Moments& m) { m.total_weight = HUGE_VAL; }), "60 rows of weight inf, but");
    CHECK_REFUSES(advance_with([](Moments& m) { m.n_components = 0; }), "moments have 0 components");
    CHECK_REFUSES(advance_with([](Moments& m) { m.n_features = Index{1} << 62; }), "reference has 4 numbers");

    Options one = two();
    one.n_components = 1;
    const Scorer single = fit(one, data.view()).scorer;
    CHECK_REFUSES(merge(good, accumulate(single, Scatter::full, data.view())), "different shapes");
    CHECK_REFUSES(merge(good, accumulate(found.scorer, Scatter::diagonal, data.view())), "different shapes");
    const MatrixView first_feature{data.values.data(), Scalar::f64, 60, 1, 2 * sizeof(double), sizeof(double)};
    const Scorer flat = fit(two(), first_feature).scorer;
    CHECK_REFUSES(merge(good, accumulate(flat, Scatter::full, first_feature)), "different shapes");
    CHECK_REFUSES(merge(summary, summarize(first_feature)), "summaries of 2 and 1 features");
    Summary in_other_units = summary;
    in_other_units.exponents = {0, 1};
    CHECK_REFUSES(merge(summary, in_other_units), "in other units");
    std::vector<Event> events;
    Ridge ridge = make_ridge(two(), summary);
    ridge.rescue.pop_back();
    CHECK_REFUSES(update(good, CovarianceType::full, ridge, {}, 1, events), "the ridge is for 2");
    ridge.added.pop_back();
    CHECK_REFUSES(update(good, CovarianceType::full, ridge, {}, 1, events), "the ridge is for 1");

    Options three = two();
    three.n_components = 3;
    CHECK_REFUSES(Run(three, summary, good), "moments have 2 components, but n_components=3");
    Options diagonal = two();
    diagonal.covariance_type = CovarianceType::diag;
    CHECK_REFUSES(Run(diagonal, summary, good), "covariance_type='diag' needs");
    Summary narrow = summary;
    for (auto* values : {&narrow.means, &narrow.variances, &narrow.minima, &narrow.maxima}) values->pop_back();
    CHECK_REFUSES(Run(two(), narrow, good), "features");
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(options_out_of_range());
        TEST(priors_that_make_no_sense());
        TEST(posteriors_that_do_not_fit());
        TEST(names_that_are_not());
        TEST(rows_and_weights_that_do_not_fit());
        TEST(starts_that_do_not_fit());
        TEST(parameters_that_are_no_mixture());
        TEST(covariances_that_are_symmetric_but_for_rounding());
        TEST(components_and_features_that_are_not_there());
        TEST(moments_that_do_not_fit());
    });
}
