/// Rows with missing values: patterns, marginals and completed moments against sums over rows.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "check.hpp"
#include "em/pass/pass.hpp"
#include "families/family.hpp"
#include "gaussmix/bytes.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/gaussmix.hpp"
#include "kernels/layout.hpp"
#include "missing/mixture.hpp"
#include "rows/patterns.hpp"
#include "whitening/scorer.hpp"

using namespace gaussmix;

namespace {

constexpr double hole = std::numeric_limits<double>::quiet_NaN();

const std::vector<double> rows = {1, 2, 3, hole, 5, 6, hole, hole, hole, 7, 8, 9, hole, 1, 2, 4, hole, hole};

/// One component with this covariance, as a scorer.
Scorer scorer_of(std::vector<double> covariance) {
    Parameters p;
    p.n_components = 1;
    p.n_features = 3;
    p.weights = {1};
    p.means = {1, 2, 3};
    p.covariances = std::move(covariance);
    return prepare(p);
}

void rows_are_ordered_by_pattern() {
    const rows::Context context(Execution{});
    const rows::Patterns patterns(row_major(rows, 3), context);
    CHECK(patterns.size() == 4 && !patterns.complete());
    CHECK(patterns.features(0).empty());
    CHECK(patterns.features(1) == std::vector<Index>{0});
    CHECK((patterns.features(2) == std::vector<Index>{1, 2}));
    std::vector<Index> order;
    for (Index at = 0; at < 6; ++at) order.push_back(patterns.row(at));
    CHECK((order == std::vector<Index>{2, 5, 1, 4, 0, 3}));
    Index parts = 0;
    patterns.for_each_part(1, 5, [&](Index, Index begin, Index end) { parts += end - begin; });
    CHECK(parts == 4);
}

void many_patterns_are_told_apart() {
    constexpr Index n = 3000;
    constexpr Index d = 70;
    std::vector<double> x(n * d, 1.0);
    for (Index i = 0; i < n; ++i) {
        for (Index bit = 0; bit < 12; ++bit) {
            if ((i >> bit & 1) != 0) x[i * d + 58 + bit] = hole;
        }
    }
    const rows::Context context(Execution{});
    CHECK(rows::Patterns(row_major(x, d), context).size() == n);
    std::vector<double> whole(12, 1.0);
    CHECK(rows::Patterns(row_major(whole, 3), context).complete());
    whole[4] = INFINITY;
    CHECK_THROWS(rows::Patterns(row_major(whole, 3), context), Errc::not_finite);
}

void covariances_that_are_nearly_singular_have_marginals() {
    // Eigenvalues of 1e-17 and less beside 1: sums of squares of L lose them.
    const std::vector<double> covariance = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    ScorerNumbers numbers = scorer_of(covariance).numbers();
    // L = [1 0 0; 1 e 0; 1 1 1], whose inverse is [1 0 0; -1/e 1/e 0; ...].
    constexpr double e = 1e-12;
    std::fill(numbers.factors.begin(), numbers.factors.end(), 0.0);
    const auto at = [&](Index i, Index j) -> double& { return numbers.factors[kernels::packed_factor_index(i, j)]; };
    at(0, 0) = 1;
    at(1, 0) = -1 / e;
    at(1, 1) = 1 / e;
    at(2, 0) = -1 + 1 / e;
    at(2, 1) = -1 / e;
    at(2, 2) = 1;
    const rows::Context context(Execution{});
    const missing::Mixture mixture(numbers, context);
    const std::vector<double> x = {1, 2, hole, 1, hole, 3};
    const rows::Patterns patterns(row_major(x, 3), context);
    missing::Marginal marginal;
    for (Index p = 0; p < patterns.size(); ++p) {
        mixture.marginal(patterns, p, marginal);
        for (const double number : marginal.scorer.factors) CHECK(std::isfinite(number));
        CHECK(std::isfinite(marginal.scorer.log_constants[0]));
    }
}

void moments_are_completed() {
    const std::vector<double> covariance = {2, 0.5, 0.25, 0.5, 1, 0.125, 0.25, 0.125, 3};
    const Scorer scorer = scorer_of(covariance);
    const std::vector<double> x = {2, hole, hole};
    const Moments moments = accumulate(scorer, Scatter::full, with_missing(row_major(x, 3)));
    CHECK(std::abs(moments.first[1] - 0.25) < 1e-14 && std::abs(moments.first[2] - 0.125) < 1e-14);
    CHECK(std::abs(moments.scatter[0] - 1) < 1e-14);  // (2 - 1)^2
    CHECK(std::abs(moments.scatter[2] - (1 - 0.125 + 0.0625)) < 1e-14);
    const double density = -0.5 * (std::log(2 * 3.14159265358979323846 * 2) + 0.5);
    CHECK(std::abs(moments.log_likelihood - density) < 1e-14);
    for (const Scatter kind : {Scatter::none, Scatter::trace, Scatter::diagonal, Scatter::pooled}) {
        const Moments other = accumulate(scorer, kind, with_missing(row_major(x, 3)));
        CHECK(other.first == moments.first);
    }
    CHECK_THROWS(summarize(row_major(x, 3)), Errc::not_finite);
}

void summaries_with_holes_add_up_and_travel() {
    const MatrixView all = with_missing(row_major(rows, 3));
    const Summary whole = summarize(all);
    CHECK(whole.total_weight == 6 && whole.together.size() == 6);
    CHECK(whole.together[0] == 3 && whole.together[2] == 4 && whole.together[1] == 2);
    CHECK(std::abs(whole.means[0] - 4) < 1e-15);
    MatrixView first = all, last = all;
    first.n_rows = 2;
    last.n_rows = 4;
    last.data = rows.data() + 6;
    const Summary merged = merge(summarize(first), summarize(last));
    CHECK(merged.together == whole.together);
    CHECK(std::abs(merged.variances[1] - whole.variances[1]) < 1e-13);
    const std::vector<std::uint8_t> bytes = to_bytes(whole);
    CHECK(summary_from_bytes(bytes.data(), bytes.size()).together == whole.together);
    Summary wrong = whole;
    wrong.together.pop_back();
    CHECK_THROWS(merge(wrong, whole), Errc::invalid_argument);
    wrong = whole;
    wrong.together[1] = -1;
    CHECK_THROWS(merge(wrong, whole), Errc::invalid_argument);
}

/// K clusters of d features that correlate, about a quarter of whose values are missing; some rows have none.
struct Holed {
    Index n_rows, n_features, n_components;
    std::vector<double> values, weights;
    std::vector<std::int64_t> labels;

    Holed(Index n, Index d, Index k) : n_rows(n), n_features(d), n_components(k) {
        std::uint64_t state = 7;
        const auto uniform = [&] {
            state = state * 48271 % 2147483647;
            return static_cast<double>(state) / 2147483647.0;
        };
        for (Index i = 0; i < n; ++i) {
            const Index own = i % k;
            const double common = uniform() + uniform();
            labels.push_back(own);
            weights.push_back(i % 11 == 0 ? 0 : 0.5 + static_cast<double>(i % 3));
            for (Index j = 0; j < d; ++j) {
                const double value = (own % d == j ? 6.0 : 0.0) + common + uniform() + uniform();
                values.push_back(uniform() < 0.25 || i % 50 == 1 ? hole : value);
            }
        }
    }

    MatrixView view() const { return with_missing(row_major(values, n_features)); }
};

constexpr CovarianceType all_families[] = {
    CovarianceType::full, CovarianceType::tied, CovarianceType::diag, CovarianceType::spherical, CovarianceType::eii,
    CovarianceType::eei,  CovarianceType::vei,  CovarianceType::evi,  CovarianceType::vee,       CovarianceType::eve,
    CovarianceType::vve,  CovarianceType::eev,  CovarianceType::vev,  CovarianceType::evv};

Options options_for(CovarianceType family, Index n_components, Index max_iter) {
    Options options;
    options.n_components = n_components;
    options.covariance_type = family;
    options.max_iter = max_iter;
    return options;
}

Execution threads(int n) {
    Execution execution;
    execution.n_threads = n;
    return execution;
}

void every_family_climbs_with_any_number_of_threads() {
    for (const Index k : {3, 9}) {
        const Holed data(900, 5, k);
        for (const CovarianceType family : all_families) {
            const Options options = options_for(family, k, 8);
            const Start start = Labels(data.labels);
            const Model one = fit(options, data.view(), data.weights, start, threads(1));
            const Model two = fit(options, data.view(), data.weights, start, threads(3));
            CHECK(one.parameters.means == two.parameters.means);
            CHECK(one.parameters.covariances == two.parameters.covariances);
            for (std::size_t i = 1; i < one.history.size(); ++i) {
                CHECK(one.history[i] >= one.history[i - 1] - 1e-5 * std::abs(one.history[i - 1]));
            }
        }
    }
}

void all_starts_serve() {
    const Holed data(700, 3, 2);
    for (const Init init : {Init::kmeans, Init::kmeans_plusplus, Init::random_from_data, Init::random}) {
        Options options = options_for(CovarianceType::full, 2, 5);
        options.init = init;
        const Model model = fit(options, data.view(), data.weights);
        CHECK(std::isfinite(model.history.back()));
    }
    std::vector<double> soft(2 * data.labels.size());
    for (std::size_t i = 0; i < data.labels.size(); ++i) soft[2 * i + data.labels[i]] = 4;
    const Options options = options_for(CovarianceType::tied, 2, 0);
    const Model hard = fit(options, data.view(), {}, Labels(data.labels));
    const Model given = fit(options, data.view(), {}, Responsibilities{row_major(soft, 2)});
    CHECK(hard.parameters.means == given.parameters.means);
    const Model from = fit(options_for(CovarianceType::tied, 2, 2), data.view(), {}, hard.parameters);
    CHECK(from.n_iter == 2);
}

void samples_of_many_rows_are_drawn_by_what_rows_have() {
    const Holed data(40000, 3, 2);
    const Model model = fit(options_for(CovarianceType::full, 2, 20), data.view());
    const double near = std::min(model.parameters.weights[0], model.parameters.weights[1]);
    CHECK(std::abs(near - 0.5) < 0.02);
}

void a_cluster_without_a_feature_takes_that_of_all_rows() {
    Holed data(300, 3, 2);
    for (Index i = 0; i < data.n_rows; i += 2) data.values[3 * i + 1] = hole;
    const Model start = fit(options_for(CovarianceType::diag, 2, 0), data.view(), {}, Labels(data.labels));
    const Summary summary = summarize(data.view());
    CHECK(std::abs(start.parameters.means[1] - summary.means[1]) < 1e-12);
    const Model model = fit(options_for(CovarianceType::full, 2, 10), data.view());
    CHECK(std::isfinite(model.history.back()));
}

void pieces_with_and_without_holes_give_what_one_matrix_gives() {
    Holed data(600, 3, 2);
    for (double& value : data.values) {  // the first rows are complete
        if (&value < data.values.data() + 600 && std::isnan(value)) value = 1;
    }
    const std::vector<Index> cuts = {0, 200, 200, 201, 600};
    const Pieces pieces = [&](Index i) -> std::optional<Piece> {
        if (i == 4) return std::nullopt;
        const auto at = static_cast<std::size_t>(i);
        const MatrixView x = row_major(data.values.data() + 3 * cuts[at], cuts[at + 1] - cuts[at], 3);
        return Piece{with_missing(x), {data.weights.data() + cuts[at], cuts[at + 1] - cuts[at]}};
    };
    for (const CovarianceType family : {CovarianceType::full, CovarianceType::diag}) {
        const Parameters from =
            fit(options_for(family, 2, 0), data.view(), data.weights, Labels(data.labels)).parameters;
        Options options = options_for(family, 2, 6);
        options.tol = 0;
        const Model whole = fit(options, data.view(), data.weights, from);
        const Model cut = fit(options, pieces, from);
        for (std::size_t i = 0; i < whole.parameters.covariances.size(); ++i) {
            const double want = whole.parameters.covariances[i];
            CHECK(std::abs(cut.parameters.covariances[i] - want) < 1e-9);
        }
    }
    CHECK(std::isfinite(fit(options_for(CovarianceType::full, 2, 6), pieces).history.back()));
}

void rows_far_from_the_range_of_squares_are_fitted() {
    const Holed data(300, 3, 2);
    const Start start = Labels(data.labels);
    const Options options = options_for(CovarianceType::diag, 2, 4);
    const Model near = fit(options, data.view(), {}, start);
    for (const int exponent : {-500, 500}) {
        Holed far = data;
        for (double& value : far.values) value = std::ldexp(value, exponent);
        const Model model = fit(options, far.view(), {}, start);
        CHECK_CLOSE(std::ldexp(model.parameters.means[0], -exponent), near.parameters.means[0], 1e-9);
        const Pieces pieces = [&](Index i) { return i == 0 ? std::optional<Piece>(Piece{far.view()}) : std::nullopt; };
        const Model cut = fit(options, pieces, model.parameters);
        CHECK_CLOSE(std::ldexp(cut.parameters.means[0], -exponent), near.parameters.means[0], 0.5);
    }
}

void rows_are_judged_by_the_marginals_of_what_they_have() {
    const Holed data(500, 5, 3);
    for (const CovarianceType family : {CovarianceType::full, CovarianceType::tied, CovarianceType::spherical}) {
        const Model model = fit(options_for(family, 3, 3), data.view(), {}, Labels(data.labels));
        const Scorer scorer = prepare(model.parameters);
        const std::vector<double> logs = score_samples(scorer, data.view());
        const std::vector<double> shares = predict_proba(scorer, data.view());
        const std::vector<std::int64_t> labels = predict(scorer, data.view());
        double sum = 0, weight = 0;
        for (Index i = 0; i < data.n_rows; ++i) {
            const Index best = std::max_element(&shares[3 * i], &shares[3 * i] + 3) - &shares[3 * i];
            CHECK(shares[3 * i + labels[i]] == shares[3 * i + best]);
            sum += data.weights[i] * logs[i];
            weight += data.weights[i];
        }
        CHECK(std::abs(logs[1]) < 1e-12);  // it has no value
        CHECK(std::abs(shares[3] - model.parameters.weights[0]) < 1e-12);
        CHECK(std::abs(score(scorer, data.view(), data.weights) - sum / weight) < 1e-11);
        const Evidence of_rows = evidence(scorer, data.view(), data.weights);
        CHECK(std::abs(of_rows.log_likelihood - sum) < 1e-8);
        CHECK_THROWS(score_samples(scorer, row_major(data.values, 5)), Errc::not_finite);
    }
}

void other_numbers_have_holes_too() {
    const Holed data(300, 3, 2);
    const std::vector<float> narrow(data.values.begin(), data.values.end());
    const std::vector<double> wide(narrow.begin(), narrow.end());
    const Options options = options_for(CovarianceType::full, 2, 5);
    const Start start = Labels(data.labels);
    const Model a = fit(options, with_missing(row_major(narrow, 3)), {}, start);
    const Model b = fit(options, with_missing(row_major(wide, 3)), {}, start);
    CHECK(a.parameters.means == b.parameters.means);
    std::vector<std::int32_t> whole;
    for (std::int32_t i = 0; i < 300; ++i) whole.push_back(i * i % 37 + (i % 2) * 50);
    const Model c = fit(options_for(CovarianceType::full, 2, 5), with_missing(row_major(whole, 2)));
    const Model d = fit(options_for(CovarianceType::full, 2, 5), row_major(whole, 2));
    CHECK(c.parameters.means == d.parameters.means);
}

void a_prior_and_variational_bayes_take_holes() {
    const Holed data(400, 3, 2);
    Options options = options_for(CovarianceType::full, 2, 10);
    options.prior = Prior{};
    CHECK(std::isfinite(fit(options, data.view()).history.back()));
    options.variational = WeightPrior{};
    CHECK(std::isfinite(fit(options, data.view()).history.back()));
}

/// Rows enough for several chunks have the moments of their parts, and the same bits for any number of threads.
void many_rows_are_summed_in_chunks() {
    constexpr Index n = 12000;
    constexpr Index n_parts = 8;
    const Holed data(n, 8, 3);
    const Model model = fit(options_for(CovarianceType::full, 3, 1), data.view(), {}, Labels(data.labels));
    const Scorer scorer = prepare(model.parameters);
    const Moments whole = accumulate(scorer, Scatter::full, data.view(), data.weights, threads(1));
    const Moments again = accumulate(scorer, Scatter::full, data.view(), data.weights, threads(3));
    CHECK(to_bytes(whole) == to_bytes(again));
    Moments sum;
    for (Index part = 0; part < n_parts; ++part) {
        MatrixView x = data.view();
        x.n_rows = n / n_parts;
        x.data = data.values.data() + part * x.n_rows * 8;
        const WeightsView weights{data.weights.data() + part * x.n_rows, x.n_rows};
        sum = merge(sum, accumulate(scorer, Scatter::full, x, weights));
    }
    CHECK_CLOSE(sum.log_likelihood, whole.log_likelihood, 1e-12);
    CHECK_CLOSE(sum.total_weight, whole.total_weight, 1e-12);
    for (std::size_t i = 0; i < sum.scatter.size(); ++i) CHECK_CLOSE(sum.scatter[i], whole.scatter[i], 1e-9);
    for (std::size_t i = 0; i < sum.first.size(); ++i) CHECK_CLOSE(sum.first[i], whole.first[i], 1e-9);
}

/// A row that may come from one component alone counts for it whole, with the density of what the row has.
void components_can_be_ruled_out() {
    const Holed data(300, 3, 2);
    const Model model = fit(options_for(CovarianceType::full, 2, 3), data.view(), {}, Labels(data.labels));
    const Scorer scorer = prepare(model.parameters);
    const rows::Context context(Execution{});
    std::vector<std::uint8_t> allowed(300 * 2, 0);
    std::vector<double> expected(2);
    double log_likelihood = 0;
    const std::vector<double> shares = predict_proba(scorer, data.view());
    const std::vector<double> logs = score_samples(scorer, data.view());
    for (Index i = 0; i < data.n_rows; ++i) {
        const Index own = i % 5 == 0 ? 1 - data.labels[i] : data.labels[i];
        allowed[2 * i + own] = 1;
        expected[own] += data.weights[i];
        if (data.weights[i] > 0) log_likelihood += data.weights[i] * (logs[i] + std::log(shares[2 * i + own]));
    }
    rows::Data restricted{data.view(), {data.weights.data(), data.n_rows}, context};
    restricted.allowed = {allowed.data(), data.n_rows, 2, nullptr, data.n_rows};
    const Moments moments = em::pass(restricted, em::under(scorer.numbers()), scorer.numbers().means,
                                     families::get(CovarianceType::full).scatter);
    CHECK_CLOSE(moments.log_likelihood, log_likelihood, 1e-10);
    for (Index k = 0; k < 2; ++k) CHECK_CLOSE(moments.weights[k], expected[k], 1e-12);
}

void errors_say_what_is_wrong() {
    Holed data(60, 3, 2);
    const Options options = options_for(CovarianceType::full, 2, 3);
    CHECK_THROWS(fit(options, row_major(data.values, 3)), Errc::not_finite);
    Holed infinite = data;
    infinite.values[100] = infinite.values[7] = -INFINITY;
    try {
        fit(options, infinite.view());
        CHECK(false);
    } catch (const Error& error) {
        CHECK(error.code() == Errc::not_finite);
        CHECK(std::string(error.what()).find("row 2, column 1") != std::string::npos);
    }
    for (Index i = 0; i < data.n_rows; ++i) data.values[3 * i + 2] = hole;
    CHECK_THROWS(fit(options, data.view()), Errc::invalid_argument);
    const Pieces pieces = [&](Index i) { return i == 0 ? std::optional<Piece>(Piece{data.view()}) : std::nullopt; };
    CHECK_THROWS(fit(options, pieces), Errc::invalid_argument);
    // Of a background without a box no marginal is known.
    ScorerNumbers numbers = scorer_of({1, 0, 0, 0, 1, 0, 0, 0, 1}).numbers();
    missing::check(numbers);
    numbers.log_constants.push_back(-5);
    CHECK_THROWS(missing::check(numbers), Errc::invalid_argument);
}

/// Sums over components and the features that a row has, by solving a system of equations: two features, so by hand.
void missing_values_are_imputed_by_what_rows_have() {
    Parameters p;
    p.n_components = 2;
    p.n_features = 2;
    p.weights = {0.25, 0.75};
    p.means = {0, 1, 3, -2};
    p.covariances = {2, 0.5, 0.5, 1, 1, -0.25, -0.25, 4};
    const Scorer scorer = prepare(p);
    const std::vector<double> x = {1.5, hole, hole, hole, 2, 7};
    std::vector<double> out(6), covariances(12);
    impute(scorer, row_major(x, 2), out, covariances);
    double shares[2], means[2], variances[2];
    for (int k = 0; k < 2; ++k) {
        const double* s = &p.covariances[4 * k];
        const double gap = 1.5 - p.means[2 * k];
        shares[k] = p.weights[k] * std::exp(-0.5 * gap * gap / s[0]) / std::sqrt(s[0]);
        means[k] = p.means[2 * k + 1] + s[1] / s[0] * gap;
        variances[k] = s[3] - s[1] * s[1] / s[0];
    }
    const double share = shares[0] / (shares[0] + shares[1]);
    const double mean = share * means[0] + (1 - share) * means[1];
    CHECK_CLOSE(out[1], mean, 1e-14);
    CHECK_CLOSE(covariances[3],
                share * (variances[0] + (means[0] - mean) * (means[0] - mean)) +
                    (1 - share) * (variances[1] + (means[1] - mean) * (means[1] - mean)),
                1e-14);
    CHECK(covariances[0] == 0 && covariances[1] == 0 && covariances[2] == 0);
    CHECK_CLOSE(out[2], 0.75 * 3, 1e-14);
    const std::vector<double> whole = covariance(p);
    for (int i = 0; i < 4; ++i) CHECK_CLOSE(covariances[4 + i], whole[i], 1e-14);
    CHECK(out[0] == 1.5 && out[4] == 2 && out[5] == 7 && covariances[8] == 0 && covariances[11] == 0);
}

void imputation_does_not_depend_on_threads_or_pieces() {
    const Holed data(700, 5, 9);
    for (const CovarianceType type : {CovarianceType::full, CovarianceType::diag, CovarianceType::eve}) {
        const Model model = fit(options_for(type, 9, 2), data.view(), {}, Labels(data.labels));
        const Index n = data.n_rows;
        std::vector<double> one(n * 5), two(n * 5), spread(n * 25), drawn(3 * n * 5), again(3 * n * 5);
        impute(model, data.view(), one, threads(1));
        impute(model, data.view(), two, spread, threads(3));
        CHECK(one == two);
        draw_missing(model, data.view(), 3, 7, drawn, threads(1));
        draw_missing(model, data.view(), 3, 7, again, threads(3));
        CHECK(drawn == again);
        MatrixView last = data.view();
        last.n_rows = 300;
        last.data = data.values.data() + 400 * 5;
        std::vector<double> part(300 * 5);
        draw_missing(model, last, 1, 7, part, {}, 400);
        CHECK(std::equal(part.begin(), part.end(), drawn.begin() + 400 * 5));
        for (Index i = 0; i < n * 5; ++i) {
            CHECK(std::isfinite(one[i]));
            if (!std::isnan(data.values[i])) CHECK(one[i] == data.values[i] && drawn[n * 5 + i] == one[i]);
        }
        for (Index i = 0; i < n; ++i) {
            for (Index j = 0; j < 5; ++j) CHECK(spread[(i * 5 + j) * 5 + j] >= 0);
        }
    }
}

void draws_spread_as_the_row_leaves_them() {
    const Scorer scorer = scorer_of({2, 0.5, 0.25, 0.5, 1, 0.125, 0.25, 0.125, 3});
    const std::vector<double> x = {2, hole, hole};
    constexpr Index n = 20000;
    std::vector<double> drawn(n * 3);
    draw_missing(scorer, row_major(x, 3), n, 1, drawn);
    double sums[5] = {};
    for (Index i = 0; i < n; ++i) {
        const double a = drawn[3 * i + 1] - 2.25;
        const double b = drawn[3 * i + 2] - 3.125;
        const double terms[5] = {a, b, a * a, a * b, b * b};
        for (int j = 0; j < 5; ++j) sums[j] += terms[j] / n;
    }
    CHECK(std::abs(sums[0]) < 0.05 && std::abs(sums[1]) < 0.07);
    CHECK(std::abs(sums[2] - 0.875) < 0.05 && std::abs(sums[3] - 0.0625) < 0.06);
    CHECK(std::abs(sums[4] - 2.96875) < 0.15);
}

void imputation_refuses_what_does_not_fit() {
    const Holed data(60, 3, 2);
    Options options = options_for(CovarianceType::full, 2, 2);
    const Model model = fit(options, data.view(), {}, Labels(data.labels));
    std::vector<double> out(180), little(9);
    CHECK_THROWS(impute(model, data.view(), little), Errc::invalid_argument);
    CHECK_THROWS(impute(model, data.view(), out, little), Errc::invalid_argument);
    CHECK_THROWS(draw_missing(model, data.view(), 0, 1, out), Errc::invalid_argument);
    CHECK_THROWS(draw_missing(model, data.view(), 2, 1, out), Errc::invalid_argument);
    std::vector<double> whole = data.values;
    for (double& value : whole) value = std::isnan(value) ? 0 : value;
    Parameters bare = model.parameters;
    for (double& weight : bare.weights) weight /= 2;
    bare.noise = Noise{0.5, 3};
    const Scorer noisy = prepare(bare);
    CHECK_THROWS(impute(noisy, data.view(), out), Errc::invalid_argument);
    impute(noisy, row_major(whole, 3), out);
    CHECK(out == whole);
}

void features_that_no_row_has_together_are_told() {
    Holed data(300, 3, 2);
    for (Index i = 0; i < data.n_rows; ++i) data.values[3 * i + (i % 4 < 2 ? 0 : 2)] = hole;
    for (const CovarianceType type : {CovarianceType::full, CovarianceType::diag}) {
        const Model model = fit(options_for(type, 2, 3), data.view(), {}, Labels(data.labels));
        CHECK(model.missing == Missing::em);
        std::vector<Index> told;
        for (const Event& event : model.events) {
            if (event.act != Act::apart) continue;
            told.push_back(event.component);
            CHECK(event.iteration == 0 && describe(event).find("no row has both feature") == 0);
        }
        CHECK(told == (type == CovarianceType::full ? std::vector<Index>{0, 2} : std::vector<Index>{}));
    }
    CHECK(act_from_name(name(Act::apart)) == Act::apart);
}

void files_remember_that_values_were_missing() {
    const Holed data(60, 3, 2);
    const std::string path = "test_missing.safetensors";
    for (const Missing missing : {Missing::em, Missing::error}) {
        Model model = fit(options_for(CovarianceType::full, 2, 2), data.view(), {}, Labels(data.labels));
        model.missing = missing;
        save(model, path);
        CHECK(load(path).missing == missing);
    }
    std::remove(path.c_str());
}

void selections_take_holes() {
    SelectOptions options;
    options.covariance_types = {CovarianceType::diag, CovarianceType::full};
    options.n_components = {1, 2};
    options.fit.max_iter = 50;
    for (const Index n : {400, 9000}) {  // the search is on all rows, or on a sample
        const Holed data(n, 3, 2);
        for (const Effort effort : {Effort::low, Effort::normal}) {
            options.fit.effort = effort;
            if (effort == Effort::normal && n > 400) break;
            const std::vector<Cell> cells = select(options, data.view(), data.weights, threads(2));
            for (const Cell& cell : cells) {
                CHECK(cell.model && cell.model->missing == Missing::em);
                if (!cell.model) continue;
                const double height = score(*cell.model, data.view(), data.weights);
                CHECK_CLOSE(height, cell.evidence.log_likelihood / cell.evidence.total_weight, 1e-9);
            }
            CHECK(cells[1].evidence.log_likelihood > cells[0].evidence.log_likelihood);
            CHECK(cells[3].evidence.log_likelihood >= cells[1].evidence.log_likelihood - 1);
        }
    }
    options.fit.prior = Prior{};
    const Holed data(300, 3, 2);
    CHECK(select(options, data.view())[3].model.has_value());
    options.fit.prior.reset();
    options.fit.noise = NoiseOptions{};
    for (const Index n : {300, 9000}) {
        options.fit.effort = Effort::low;
        const std::vector<Cell> cells = select(options, Holed(n, 3, 2).view());
        for (const Cell& cell : cells) CHECK(cell.model && cell.model->parameters.noise->box.known());
    }
}

/// The log-density of a row under a mixture of uncorrelated components, and p(background | row).
std::pair<double, double> judged(const Parameters& p, const double* row) {
    const Index d = p.n_features;
    double sum = 0;
    double of_background = p.noise->weight;
    for (Index j = 0; j < d; ++j) {
        if (!std::isnan(row[j])) of_background *= std::exp(-p.noise->box.log_widths[j]);
    }
    sum += of_background;
    for (Index k = 0; k < p.n_components; ++k) {
        double density = p.weights[k];
        for (Index j = 0; j < d; ++j) {
            if (std::isnan(row[j])) continue;
            const double variance = p.covariances[k * d + j];
            const double gap = row[j] - p.means[k * d + j];
            density *= std::exp(-0.5 * gap * gap / variance) / std::sqrt(2 * 3.14159265358979323846 * variance);
        }
        sum += density;
    }
    return {std::log(sum), of_background / sum};
}

void a_background_is_a_box() {
    const Holed data(500, 3, 2);
    for (const CovarianceType type : {CovarianceType::full, CovarianceType::diag}) {
        Options options = options_for(type, 2, 1);
        options.noise = NoiseOptions{};
        options.reg_covar = 0;  // so that the objective is the likelihood
        for (const int n_threads : {1, 3}) {
            const Model found = fit(options, data.view(), data.weights, {}, threads(n_threads));
            const NoiseBox& box = found.parameters.noise->box;
            double sum = 0;
            for (Index j = 0; j < 3; ++j) sum += box.log_widths[j];
            CHECK_CLOSE(sum, found.parameters.noise->log_volume, 1e-12);
            if (type == CovarianceType::full) continue;
            double expected = 0;
            double weight = 0;
            double noise = 0;
            Parameters before = found.parameters;
            Options still = options;
            still.max_iter = 0;
            before = fit(still, data.view(), data.weights, before).parameters;
            for (Index i = 0; i < data.n_rows; ++i) {
                const auto [height, share] = judged(before, data.values.data() + 3 * i);
                expected += data.weights[i] * height;
                noise += data.weights[i] * share;
                weight += data.weights[i];
            }
            const Model next = fit(options, data.view(), data.weights, before, threads(n_threads));
            CHECK_CLOSE(next.history[0], expected / weight, 1e-9);
            CHECK_CLOSE(next.parameters.noise->weight, noise / weight, 1e-9);
        }
    }
    // Labels and responsibilities may name it.
    Options options = options_for(CovarianceType::diag, 2, 0);
    options.noise = NoiseOptions{};
    std::vector<std::int64_t> labels = data.labels;
    std::vector<double> shares(3 * data.n_rows);
    double of_noise = 0;
    double all = 0;
    for (Index i = 0; i < data.n_rows; ++i) {
        if (i % 5 == 0) labels[i] = -1;
        shares[3 * i + (labels[i] < 0 ? 2 : labels[i])] = 1;
        of_noise += labels[i] < 0 ? data.weights[i] : 0;
        all += data.weights[i];
    }
    const Model by_labels = fit(options, data.view(), data.weights, Labels(labels));
    CHECK_CLOSE(by_labels.parameters.noise->weight, of_noise / all, 1e-12);
    const Responsibilities given{row_major(shares, 3)};
    const Model by_shares = fit(options, data.view(), data.weights, given);
    CHECK_CLOSE(by_shares.parameters.noise->weight, of_noise / all, 1e-12);
}

void rows_of_a_background_are_imputed_from_its_box() {
    Parameters p{CovarianceType::full, 1, 2, {0.5}, {0, 0}, {1, 0.5, 0.5, 1}};
    p.noise = Noise{0.5, std::log(200.0), {{5, 7}, {std::log(20.0), std::log(10.0)}}};
    const Scorer scorer = scorer_from_bytes(to_bytes(prepare(p)).data(), to_bytes(prepare(p)).size());
    const std::vector<double> x = {14, hole, hole, hole};  // far from the component, and nothing known
    std::vector<double> out(4), covariances(8);
    impute(scorer, row_major(x, 2), out, covariances);
    CHECK_CLOSE(out[1], 7.0, 1e-9);
    CHECK_CLOSE(covariances[3], 100.0 / 12, 1e-9);
    CHECK_CLOSE(out[2], 2.5, 1e-12);
    CHECK_CLOSE(out[3], 3.5, 1e-12);
    CHECK_CLOSE(covariances[4], 0.5 * (1 + 6.25) + 0.5 * (400.0 / 12 + 6.25), 1e-9);
    CHECK_CLOSE(covariances[5], 0.5 * (0.5 + 2.5 * 3.5) + 0.5 * 2.5 * 3.5, 1e-9);
    constexpr Index n = 4000;
    std::vector<double> drawn(4 * n);
    draw_missing(scorer, row_major(x, 2), n, 1, drawn);
    double low = 100;
    double high = -100;
    for (Index i = 0; i < n; ++i) {
        low = std::min(low, drawn[4 * i + 1]);
        high = std::max(high, drawn[4 * i + 1]);
    }
    CHECK(low >= 2 && low < 2.1 && high <= 12 && high > 11.9);
    // Another box of the same volume, and one that does not fit.
    p.noise->box.middle.pop_back();
    CHECK_THROWS(prepare(p).n_terms() == 2 && (validate(p), true), Errc::invalid_argument);
    p.noise->box.middle.push_back(7);
    p.noise->log_volume = 3;
    CHECK_THROWS(validate(p), Errc::invalid_argument);
    ScorerNumbers wrong = scorer.numbers();
    wrong.box.middle[0] = INFINITY;
    CHECK_THROWS(to_bytes(Scorer(wrong)), Errc::invalid_argument);
    wrong.box.middle.pop_back();
    CHECK_THROWS(to_bytes(Scorer(wrong)), Errc::invalid_argument);
}

void constant_features_with_holes_end() {
    Holed data(300, 3, 2);
    for (Index i = 0; i < data.n_rows; ++i) {
        if (!std::isnan(data.values[3 * i + 1])) data.values[3 * i + 1] = 4;
    }
    Options options = options_for(CovarianceType::diag, 2, 100);
    const Model model = fit(options, data.view());
    CHECK(model.status == Status::converged);
    CHECK(model.parameters.covariances[1] > 1e-14);
    options.noise = NoiseOptions{};
    const Model noisy = fit(options, data.view());
    CHECK(noisy.events[0].act == Act::constant && noisy.events[0].component == 1);
    options.noise->log_volume = 2;
    CHECK_CLOSE(fit(options, data.view()).parameters.noise->box.log_widths[1],
                noisy.parameters.noise->box.log_widths[1], 1e-12);
    for (double& value : data.values) value = std::isnan(value) ? value : 4;
    const Model nothing = fit(options, data.view());
    double sum = 0;
    for (const double width : nothing.parameters.noise->box.log_widths) sum += width;
    CHECK_CLOSE(sum, 2.0, 1e-12);
}

void features_that_few_rows_have_do_not_stop_the_start() {
    Holed data(40000, 3, 2);
    for (Index i = 5; i < data.n_rows; ++i) data.values[3 * i + 2] = hole;  // a sample may have none
    data.values[2] = data.values[5] = 1;
    data.values[8] = 2;
    const Model model = fit(options_for(CovarianceType::diag, 2, 5), data.view());
    CHECK(std::isfinite(model.history.back()));
}

void a_narrow_start_draws_rows_to_judge_it_by() {
    Holed data(600, 2, 2);
    for (Index i = 0; i < data.n_rows; i += 2) {
        for (Index j = 0; j < 2; ++j) data.values[2 * i + j] = 1e-4 * data.values[2 * i + j] + 40;
    }
    const Model start = fit(options_for(CovarianceType::diag, 2, 0), data.view(), {}, Labels(data.labels));
    const Model from = fit(options_for(CovarianceType::diag, 2, 5), data.view(), {}, start.parameters);
    CHECK(std::isfinite(from.history.back()) && from.collapsed.empty());
}

void a_component_on_one_row_has_collapsed() {
    Holed data(300, 3, 2);
    std::fill(data.values.begin(), data.values.begin() + 3, 50.0);
    std::fill(data.labels.begin(), data.labels.end(), 0);
    data.labels[0] = 1;
    const Model model = fit(options_for(CovarianceType::spherical, 2, 50), data.view(), {}, Labels(data.labels));
    CHECK(model.collapsed == std::vector<Index>{1});
}

void a_component_that_lacks_most_values_is_known_to_have_collapsed() {
    Holed data(400, 3, 2);
    for (Index i = 0; i < data.n_rows; ++i) {
        data.labels[i] = i % 2;
        for (Index j = 0; j < 3; ++j) {
            double& value = data.values[3 * i + j];
            if (i % 2 == 1) value = (i * 7 + j * 3) % 10 < 3 ? 30.0 : hole;  // copies of one row
        }
    }
    for (const CovarianceType type : {CovarianceType::full, CovarianceType::diag, CovarianceType::spherical,
                                      CovarianceType::vee, CovarianceType::vei}) {
        Options options = options_for(type, 2, 60);
        options.tol = 0;
        const Model model = fit(options, data.view(), {}, Labels(data.labels));
        CHECK(model.collapsed == std::vector<Index>{1});
        options.reg_covar = 1;  // as large as the spread of the others
        const Model wide = fit(options, Holed(400, 3, 2).view(), {}, Labels(data.labels));
        CHECK(wide.collapsed.empty());
    }
    // What missing values add is additive, and goes with the moments.
    const Model model = fit(options_for(CovarianceType::full, 2, 3), data.view(), {}, Labels(data.labels));
    Moments all = accumulate(model.scorer, Scatter::full, data.view());
    const std::vector<double> ones(30, 1.0);
    const Moments complete = accumulate(model.scorer, Scatter::full, row_major(ones, 3));
    CHECK(complete.spread.empty() && all.spread.size() == all.scatter.size());
    CHECK(merge(complete, all).spread == all.spread && merge(all, complete).spread == all.spread);
    CHECK_EQUAL(merge(all, all).spread[0], 2 * all.spread[0]);
    CHECK(moments_from_bytes(to_bytes(all).data(), to_bytes(all).size()).spread == all.spread);
    CHECK_EQUAL(stepwise(complete, all, 0.5).spread[0], all.spread[0] / 2);
    all.spread.pop_back();
    CHECK_THROWS(to_bytes(all), Errc::invalid_argument);
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(rows_are_ordered_by_pattern());
        TEST(many_patterns_are_told_apart());
        TEST(covariances_that_are_nearly_singular_have_marginals());
        TEST(moments_are_completed());
        TEST(summaries_with_holes_add_up_and_travel());
        TEST(every_family_climbs_with_any_number_of_threads());
        TEST(all_starts_serve());
        TEST(samples_of_many_rows_are_drawn_by_what_rows_have());
        TEST(a_cluster_without_a_feature_takes_that_of_all_rows());
        TEST(pieces_with_and_without_holes_give_what_one_matrix_gives());
        TEST(rows_far_from_the_range_of_squares_are_fitted());
        TEST(rows_are_judged_by_the_marginals_of_what_they_have());
        TEST(other_numbers_have_holes_too());
        TEST(a_prior_and_variational_bayes_take_holes());
        TEST(many_rows_are_summed_in_chunks());
        TEST(components_can_be_ruled_out());
        TEST(errors_say_what_is_wrong());
        TEST(missing_values_are_imputed_by_what_rows_have());
        TEST(imputation_does_not_depend_on_threads_or_pieces());
        TEST(draws_spread_as_the_row_leaves_them());
        TEST(imputation_refuses_what_does_not_fit());
        TEST(features_that_no_row_has_together_are_told());
        TEST(files_remember_that_values_were_missing());
        TEST(selections_take_holes());
        TEST(a_component_on_one_row_has_collapsed());
        TEST(a_component_that_lacks_most_values_is_known_to_have_collapsed());
        TEST(a_background_is_a_box());
        TEST(rows_of_a_background_are_imputed_from_its_box());
        TEST(constant_features_with_holes_end());
        TEST(features_that_few_rows_have_do_not_stop_the_start());
        TEST(a_narrow_start_draws_rows_to_judge_it_by());
    });
}
