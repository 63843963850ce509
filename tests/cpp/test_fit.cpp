/// A host that fits, scores, predicts and samples through the public headers alone.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "check.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/fit.hpp"
#include "gaussmix/model.hpp"
#include "two_clusters.hpp"

using namespace gaussmix;

namespace {

const TwoClusters data(600);

constexpr Covariance families[] = {Covariance::full, Covariance::tied, Covariance::diag, Covariance::spherical};

Options options_for(Covariance family) {
    Options options;
    options.n_components = 2;
    options.family = family;
    options.seed = 7;
    return options;
}

/// How many rows have the label of their cluster, whichever component won which cluster.
Index agreement(const std::vector<std::int64_t>& labels) {
    Index same = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) same += labels[i] == data.labels[i] ? 1 : 0;
    return std::max(same, data.n_rows - same);
}

void two_clusters_are_found(Covariance family) {
    const Fit found = fit(data.view(), options_for(family));
    CHECK(found.status == Status::converged);
    CHECK(found.n_iter == static_cast<Index>(found.history.size()));
    CHECK(found.events.empty());
    validate(found.parameters);

    const std::size_t far = found.parameters.means[0] > found.parameters.means[2] ? 0 : 1;
    CHECK_CLOSE(found.parameters.weights[far], 1.0 / 3, 0.01);
    CHECK_CLOSE(found.parameters.means[2 * far], 10, 0.05);
    CHECK_CLOSE(found.parameters.means[2 * far + 1], -4, 0.1);

    std::vector<std::int64_t> labels(data.n_rows);
    predict(data.view(), prepare(found.parameters), labels.data());
    CHECK(agreement(labels) >= data.n_rows - 3);
}

/// So many rows that each pass is cut into chunks.
void threads_change_no_bit(const TwoClusters& many, Covariance family) {
    Options options = options_for(family);
    options.max_iter = 3;
    Execution execution;
    execution.n_threads = 1;
    const Fit one = fit(many.view(), options, {}, {}, execution);
    execution.n_threads = 3;
    const Fit three = fit(many.view(), options, {}, {}, execution);
    CHECK(three.n_threads == 3);
    CHECK(check::same_bits(one.parameters.means, three.parameters.means));
    CHECK(check::same_bits(one.parameters.covariances, three.parameters.covariances));
    CHECK(check::same_bits(one.history, three.history));
}

void scores_agree_with_each_other() {
    const Scorer scorer = prepare(fit(data.view(), options_for(Covariance::full)).parameters);
    std::vector<double> log_density(data.n_rows);
    std::vector<double> probability(2 * data.n_rows);
    score_samples(data.view(), scorer, log_density.data());
    predict_proba(data.view(), scorer, probability.data());

    double sum = 0;
    for (const double value : log_density) sum += value;
    CHECK_CLOSE(score(data.view(), {}, scorer), sum / static_cast<double>(data.n_rows), 1e-12);
    CHECK_CLOSE(evidence(data.view(), scorer).log_likelihood, sum, 1e-12);
    const auto n = static_cast<double>(data.n_rows);
    const Criteria found = criteria(evidence(data.view(), scorer), 11);
    CHECK_CLOSE(found.aic, 22 - 2 * sum, 1e-12);
    CHECK_CLOSE(found.bic, 11 * std::log(n) - 2 * sum, 1e-12);
    CHECK(found.icl > found.bic);
    for (std::size_t i = 0; i < log_density.size(); ++i) {
        CHECK_CLOSE(probability[2 * i] + probability[2 * i + 1], 1.0, 1e-14);
    }
}

void samples_come_from_the_mixture() {
    const Parameters parameters = fit(data.view(), options_for(Covariance::diag)).parameters;
    constexpr Index n = 20000;
    std::vector<double> x(n * TwoClusters::n_features);
    std::vector<std::int64_t> labels(n);
    sample(parameters, n, 3, x.data(), labels.data());
    const auto first = static_cast<double>(std::count(labels.begin(), labels.end(), 0));
    CHECK_CLOSE(first / n, parameters.weights[0], 0.02);
}

void an_observer_sees_each_iteration_and_can_stop() {
    Options options = options_for(Covariance::full);
    options.tol = 0;
    Index seen = 0;
    const Fit stopped = fit(data.view(), options, {}, {}, {}, [&](const Progress& progress) {
        CHECK(progress.iteration == ++seen);
        return seen < 3;
    });
    CHECK(stopped.status == Status::interrupted);
    CHECK(stopped.n_iter == 3);

    Execution execution;
    execution.poll = [] { return false; };
    CHECK_THROWS(fit(data.view(), options, {}, {}, execution), Errc::interrupted);

    execution = {};
    execution.instruction_set = "abacus";
    CHECK_THROWS(fit(data.view(), options, {}, {}, execution), Errc::invalid_argument);
}

void bad_input_is_refused_in_words() {
    std::vector<double> values = data.values;
    values[2 * 5 + 1] = std::numeric_limits<double>::quiet_NaN();
    const MatrixView view = row_major(values.data(), data.n_rows, TwoClusters::n_features);
    CHECK_THROWS(fit(view, options_for(Covariance::full)), Errc::not_finite);
    std::string message;
    try {
        fit(view, options_for(Covariance::full));
    } catch (const Error& error) {
        message = error.what();
    }
    CHECK(message.find("row 5, column 1") != std::string::npos);

    Options options = options_for(Covariance::full);
    options.n_components = 0;
    CHECK_THROWS(fit(data.view(), options), Errc::invalid_argument);
    CHECK_THROWS(covariance_from_name("round"), Errc::invalid_argument);
}

}  // namespace

int main() {
    return check::run([] {
        const TwoClusters many(200000);
        for (const Covariance family : families) {
            two_clusters_are_found(family);
            threads_change_no_bit(many, family);
        }
        scores_agree_with_each_other();
        samples_come_from_the_mixture();
        an_observer_sees_each_iteration_and_can_stop();
        bad_input_is_refused_in_words();
    });
}
