/// A host that fits, scores, predicts and samples through the public headers alone.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "check.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/fit.hpp"
#include "gaussmix/scoring.hpp"
#include "gaussmix/system.hpp"
#include "two_clusters.hpp"

using namespace gaussmix;

namespace {

const TwoClusters data(600);

constexpr CovarianceType families[] = {CovarianceType::full, CovarianceType::tied, CovarianceType::diag,
                                       CovarianceType::spherical};

Options options_for(CovarianceType family) {
    Options options;
    options.n_components = 2;
    options.covariance_type = family;
    options.seed = 7;
    return options;
}

/// How many rows have the label of their cluster, whichever component won which cluster.
Index agreement(const std::vector<std::int64_t>& labels) {
    Index same = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) same += labels[i] == data.labels[i] ? 1 : 0;
    return std::max(same, data.n_rows - same);
}

void two_clusters_are_found(CovarianceType family) {
    const Model found = fit(options_for(family), data.view());
    CHECK_EQUAL(found.status, Status::converged);
    CHECK_EQUAL(found.n_iter, static_cast<Index>(found.history.size()));
    CHECK(found.events.empty());
    validate(found.parameters);

    const std::size_t far = found.parameters.means[0] > found.parameters.means[2] ? 0 : 1;
    CHECK_CLOSE(found.parameters.weights[far], 1.0 / 3, 0.01);
    CHECK_CLOSE(found.parameters.means[2 * far], 10, 0.05);
    CHECK_CLOSE(found.parameters.means[2 * far + 1], -4, 0.1);

    std::vector<std::int64_t> labels(data.n_rows);
    predict(prepare(found.parameters), data.view(), labels);
    CHECK(agreement(labels) >= data.n_rows - 3);
}

/// So many rows that each pass is cut into chunks.
void threads_change_no_bit(const TwoClusters& many, CovarianceType family) {
    Options options = options_for(family);
    options.max_iter = 3;
    Execution execution;
    execution.n_threads = 1;
    const Model one = fit(options, many.view(), {}, {}, execution);
    execution.n_threads = 3;
    const Model three = fit(options, many.view(), {}, {}, execution);
    CHECK_EQUAL(three.n_threads, 3);
    CHECK(check::same_bits(one.parameters.means, three.parameters.means));
    CHECK(check::same_bits(one.parameters.covariances, three.parameters.covariances));
    CHECK(check::same_bits(one.history, three.history));
}

/// What a fit found: each restart, and each end of its search, once.
void a_fit_tells_its_ends() {
    Options options = options_for(CovarianceType::full);
    options.n_components = 4;
    const auto n_ends = [](const Model& found) {
        Index n = 0;
        for (const End& end : found.ends) n += end.times;
        return n;
    };
    for (const bool in_pieces : {false, true}) {
        for (const Effort effort : {Effort::low, Effort::normal, Effort::high}) {
            options.effort = effort;
            options.n_init = 2;
            options.max_iter = 100;
            const auto end_of = [&] {
                if (!in_pieces) return fit(options, data.view());
                return fit(options, Pieces([](Index i) {
                               return i == 0 ? std::optional<Piece>(Piece{data.view(), {}}) : std::nullopt;
                           }));
            };
            const Model found = end_of();
            CHECK_EQUAL(n_ends(found), effort == Effort::low ? 2 : effort == Effort::normal ? 4 : 10);
            CHECK_CLOSE(found.ends.front().log_likelihood, found.history.back(), 2e-3);
            for (std::size_t i = 1; i < found.ends.size(); ++i) {
                const End& before = found.ends[i - 1];
                CHECK(found.ends[i].collapsed || before.log_likelihood - found.ends[i].log_likelihood >= 1e-3);
            }
            options.max_iter = 0;
            CHECK(end_of().ends.empty());
        }
    }
    const std::vector<double> two_places{1, 1, 1, 5, 5, 5};
    options.n_components = 2;
    options.max_iter = 100;
    const Model collapsed = fit(options, row_major(two_places, 1));
    CHECK(collapsed.ends.size() == 1 && collapsed.ends[0].collapsed && collapsed.ends[0].times == 2);
    CHECK_EQUAL(fit(options, data.view(), {}, fit(options, data.view()).parameters).ends.size(), std::size_t{1});
}

void scores_agree_with_each_other() {
    const Scorer scorer = prepare(fit(options_for(CovarianceType::full), data.view()).parameters);
    std::vector<double> log_density(data.n_rows);
    std::vector<double> probability(2 * data.n_rows);
    score_samples(scorer, data.view(), log_density);
    predict_proba(scorer, data.view(), probability);

    double sum = 0;
    for (const double value : log_density) sum += value;
    CHECK_CLOSE(score(scorer, data.view()), sum / static_cast<double>(data.n_rows), 1e-12);
    CHECK_CLOSE(evidence(scorer, data.view()).log_likelihood, sum, 1e-12);
    const auto n = static_cast<double>(data.n_rows);
    const Criteria found = criteria(evidence(scorer, data.view()), 11);
    CHECK_CLOSE(found.aic, 22 - 2 * sum, 1e-12);
    CHECK_CLOSE(found.bic, 11 * std::log(n) - 2 * sum, 1e-12);
    CHECK(found.icl > found.bic);
    std::vector<double> weights(data.n_rows, 3.0);
    const WeightsView weighted{weights.data(), data.n_rows};
    const Criteria thrice = criteria(evidence(scorer, data.view(), weighted), 11);
    CHECK_CLOSE(thrice.aic, 22 - 6 * sum, 1e-12);
    CHECK_CLOSE(thrice.bic, 11 * std::log(3 * n) - 6 * sum, 1e-12);
    CHECK_CLOSE(thrice.icl - thrice.bic, 3 * (found.icl - found.bic), 1e-12);
    weights.assign(data.n_rows, 1 / n);
    CHECK_THROWS(criteria(evidence(scorer, data.view(), weighted), 11), Errc::invalid_argument);
    for (std::size_t i = 0; i < log_density.size(); ++i) {
        CHECK_CLOSE(probability[2 * i] + probability[2 * i + 1], 1.0, 1e-14);
    }
}

void samples_come_from_the_mixture() {
    const Parameters parameters = fit(options_for(CovarianceType::diag), data.view()).parameters;
    constexpr Index n = 20000;
    std::vector<double> x(n * TwoClusters::n_features);
    std::vector<std::int64_t> labels(n);
    sample(parameters, n, 3, x, labels);
    const auto first = static_cast<double>(std::count(labels.begin(), labels.end(), 0));
    CHECK_CLOSE(first / n, parameters.weights[0], 0.02);
}

void an_observer_sees_each_iteration_and_can_stop() {
    Options options = options_for(CovarianceType::full);
    options.tol = 0;
    Index seen = 0;
    const Model stopped = fit(options, data.view(), {}, {}, {}, [&](const Progress& progress) {
        CHECK_EQUAL(progress.iteration, ++seen);
        return seen < 3;
    });
    CHECK_EQUAL(stopped.status, Status::interrupted);
    CHECK_EQUAL(stopped.n_iter, 3);

    Execution execution;
    execution.poll = [] { return false; };
    CHECK_THROWS(fit(options, data.view(), {}, {}, execution), Errc::interrupted);

    execution = {};
    execution.instruction_set = "abacus";
    CHECK_THROWS(fit(options, data.view(), {}, {}, execution), Errc::invalid_argument);
}

void bad_input_is_refused_in_words() {
    std::vector<double> values = data.values;
    values[2 * 5 + 1] = std::numeric_limits<double>::quiet_NaN();
    const MatrixView view = row_major(values.data(), data.n_rows, TwoClusters::n_features);
    CHECK_THROWS(fit(options_for(CovarianceType::full), view), Errc::not_finite);
    std::string message;
    try {
        fit(options_for(CovarianceType::full), view);
    } catch (const Error& error) {
        message = error.what();
    }
    CHECK(message.find("row 5, column 1") != std::string::npos);

    Options options = options_for(CovarianceType::full);
    options.n_components = 0;
    CHECK_THROWS(fit(options, data.view()), Errc::invalid_argument);
    CHECK_THROWS(covariance_type_from_name("round"), Errc::invalid_argument);
}

/// Whole tiles of rows without weight are no rows at all, in either precision.
template <class T>
void rows_of_weight_zero_are_left_out(CovarianceType family, Init init) {
    constexpr Index n_without = 1000;
    std::vector<T> values(static_cast<std::size_t>(n_without) * 2, T(1e6));
    values.insert(values.end(), data.values.begin(), data.values.end());
    std::vector<double> weights(n_without, 0.0);
    weights.insert(weights.end(), static_cast<std::size_t>(data.n_rows), 1.0);
    const Index n = n_without + data.n_rows;
    Options options = options_for(family);
    options.init = init;
    const Model found = fit(options, row_major(values.data(), n, 2), {weights.data(), n});
    for (const double mean : found.parameters.means) CHECK(std::fabs(mean) < 20);
    if (init != Init::kmeans) return;  // where the rows stand decides what they draw
    const Model without = fit(options, row_major(values.data() + 2 * n_without, data.n_rows, 2));
    for (std::size_t i = 0; i < 4; ++i) CHECK_CLOSE(found.parameters.means[i], without.parameters.means[i], 1e-5);
}

/// Floats near the end of their range, or far from every component, are computed on as doubles.
void floats_out_of_reach_are_computed_as_doubles() {
    std::vector<float> values;
    for (const double value : data.values) values.push_back(static_cast<float>(value));
    values[0] = 1e15F;   // a row that no component is near
    values[400] = 3e4F;  // one that floats still reach
    std::vector<double> wide(values.begin(), values.end());
    Options options = options_for(CovarianceType::full);
    options.max_iter = 3;
    const Parameters start = fit(options, data.view()).parameters;
    const Model narrow = fit(options, row_major(values.data(), data.n_rows, 2), {}, start);
    const Model exact = fit(options, row_major(wide.data(), data.n_rows, 2), {}, start);
    CHECK_CLOSE(narrow.history[0], exact.history[0], 1e-6);
    CHECK_CLOSE(narrow.parameters.weights[0], exact.parameters.weights[0], 1e-6);
}

/// A start that is found on a sample of the rows in which no covariance has full rank.
void a_sample_that_needs_mending_is_no_start() {
    const TwoClusters many(12000);
    std::vector<double> values;
    for (Index i = 0; i < many.n_rows; ++i) {
        const auto at = static_cast<std::size_t>(2 * i);
        values.insert(values.end(), {many.values[at], many.values[at + 1], 5.0});
    }
    Options options = options_for(CovarianceType::full);
    options.reg_covar = 0;
    const Model found = fit(options, row_major(values.data(), many.n_rows, 3));
    CHECK(!found.events.empty() && found.events.front().act == Act::jitter);
    CHECK_CLOSE(found.parameters.weights[0] * found.parameters.weights[1], 2.0 / 9, 0.01);
    options.strict = true;
    CHECK_THROWS(fit(options, row_major(values.data(), many.n_rows, 3)), Errc::degenerate);
    CHECK(fit(options, many.view()).events.empty());
}

/// U U^T = Sigma^-1.
void precisions_come_back_as_factors(CovarianceType family) {
    const Model found = fit(options_for(family), data.view());
    const std::vector<double> factors = precisions_cholesky(found.scorer, family);
    const std::vector<double>& covariances = found.parameters.covariances;
    CHECK_EQUAL(factors.size(), covariances.size());
    if (family == CovarianceType::diag || family == CovarianceType::spherical) {
        for (std::size_t i = 0; i < factors.size(); ++i)
            CHECK_CLOSE(factors[i] * factors[i] * covariances[i], 1, 1e-12);
        return;
    }
    for (std::size_t at = 0; at < factors.size(); at += 4) {
        const double* u = factors.data() + at;
        const double* c = covariances.data() + at;
        const double precision[] = {u[0] * u[0] + u[1] * u[1], u[1] * u[3], u[3] * u[3]};
        CHECK_EQUAL(u[2], 0);
        CHECK_CLOSE(precision[0] * c[0] + precision[1] * c[2], 1, 1e-10);
        CHECK_CLOSE(precision[0] * c[1] + precision[1] * c[3], 0, 1e-10);
        CHECK_CLOSE(precision[1] * c[1] + precision[2] * c[3], 1, 1e-10);
    }
}

/// No iteration: the start itself; and an observer of a fit in scaled units, which sees those of the data.
void the_ends_of_the_options_hold() {
    Options options = options_for(CovarianceType::diag);
    options.max_iter = 0;
    options.n_init = 3;
    const Model start = fit(options, data.view());
    CHECK(start.history.empty() && start.status == Status::max_iter);
    CHECK_EQUAL(fit(options, data.view(), {}, start.parameters).parameters.means, start.parameters.means);

    std::vector<double> tiny;
    for (const double value : data.values) tiny.push_back(std::ldexp(value, -500));
    const MatrixView view = row_major(tiny.data(), data.n_rows, 2);
    options = options_for(CovarianceType::full);
    options.n_init = 2;
    Index seen = 0;
    const OnIteration count = [&](const Progress& progress) { return progress.restart == 0 || ++seen < 2; };
    const Model stopped = fit(options, view, {}, {}, {}, count);
    CHECK(stopped.status == Status::interrupted && seen == 2);
    const Model whole = fit(options, view);
    CHECK_CLOSE(whole.history.back() - 1000 * std::log(2.0), fit(options, data.view()).history.back(), 1e-9);

    options.prior = Prior{{}, 1.0, 2.0, {}};
    options.variational = WeightPrior{};
    options.n_init = 1;
    const Model first = fit(options, view);
    const Model again = fit(options, view, {}, Inferred{first.parameters, *first.posterior});
    CHECK(again.n_iter <= first.n_iter);
    for (std::size_t k = 0; k < 2; ++k) CHECK_CLOSE(again.parameters.weights[k], first.parameters.weights[k], 1e-3);

    Execution execution;
    execution.instruction_set = system_info().instruction_sets.front();
    CHECK_CLOSE(fit(options_for(CovarianceType::tied), data.view(), {}, {}, execution).history.back(),
                fit(options_for(CovarianceType::tied), data.view()).history.back(), 1e-9);
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        const TwoClusters many(200000);
        for (const CovarianceType family : families) {
            TEST(two_clusters_are_found(family));
            TEST(threads_change_no_bit(many, family));
            TEST(precisions_come_back_as_factors(family));
            for (const Init init : {Init::kmeans, Init::kmeans_plusplus, Init::random_from_data, Init::random}) {
                TEST(rows_of_weight_zero_are_left_out<double>(family, init));
                TEST(rows_of_weight_zero_are_left_out<float>(family, init));
            }
        }
        TEST(floats_out_of_reach_are_computed_as_doubles());
        TEST(a_sample_that_needs_mending_is_no_start());
        TEST(the_ends_of_the_options_hold());
        TEST(a_fit_tells_its_ends());
        TEST(scores_agree_with_each_other());
        TEST(samples_come_from_the_mixture());
        TEST(an_observer_sees_each_iteration_and_can_stop());
        TEST(bad_input_is_refused_in_words());
    });
}
