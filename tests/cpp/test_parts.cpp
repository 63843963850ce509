/// Mixtures made of mixtures and conditional distributions: families that stay, formulas, refusals, bits.
#include <algorithm>
#include <cmath>
#include <limits>

#include "check.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/gaussmix.hpp"

using namespace gaussmix;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Two components of three features; matrices with correlations, one twice the other.
Parameters matrices(CovarianceType family) {
    Parameters p;
    p.covariance_type = family;
    p.n_components = 2;
    p.n_features = 3;
    p.weights = {0.25, 0.75};
    p.means = {0, 1, 2, 3, 5, 4};
    const std::vector<double> one{2, 0.5, 0.25, 0.5, 1, 0.125, 0.25, 0.125, 3};
    p.covariances = one;
    if (covariances_shape(family, 2, 3).size() == 3) {
        for (const double entry : one) p.covariances.push_back(2 * entry);
    }
    return p;
}

Parameters variances_of(CovarianceType family) {
    Parameters p = matrices(CovarianceType::full);
    p.covariance_type = family;
    p.covariances =
        covariances_shape(family, 2, 3).size() == 1 ? std::vector<double>{2, 2} : std::vector<double>{2, 1, 3, 2, 1, 3};
    return p;
}

Parameters on_a_line() {
    Parameters p;
    p.covariance_type = CovarianceType::spherical;
    p.n_components = 3;
    p.n_features = 1;
    p.weights = {0.5, 0.5, 0};
    p.means = {-1, 1, 1e9};
    p.covariances = {1, 1, 1e-4};
    return p;
}

void marginals_keep_families_that_stay() {
    for (const CovarianceType family : {CovarianceType::full, CovarianceType::tied, CovarianceType::vee}) {
        const Parameters part = marginal(matrices(family), {2, 0});
        CHECK(part.covariance_type == family);
        CHECK_EQUAL(part.means, std::vector<double>({2, 0, 4, 3}));
        CHECK_EQUAL(covariance_matrix(part, 0), std::vector<double>({3, 0.25, 0.25, 2}));
    }
    for (const CovarianceType family :
         {CovarianceType::evv, CovarianceType::eve, CovarianceType::vve, CovarianceType::eev, CovarianceType::vev}) {
        CHECK(marginal(matrices(family), {2, 0}).covariance_type == CovarianceType::full);
        CHECK(marginal(matrices(family), {2, 0, 1}).covariance_type == family);
    }
    for (const CovarianceType family : {CovarianceType::diag, CovarianceType::spherical, CovarianceType::eii,
                                        CovarianceType::eei, CovarianceType::vei}) {
        CHECK(marginal(variances_of(family), {1}).covariance_type == family);
    }
    const Parameters part = marginal(variances_of(CovarianceType::evi), {0, 2});
    CHECK(part.covariance_type == CovarianceType::full);
    CHECK_EQUAL(covariance_matrix(part, 1), std::vector<double>({2, 0, 0, 3}));
    CHECK_THROWS(marginal(matrices(CovarianceType::full), {}), Errc::invalid_argument);
    CHECK_THROWS(marginal(matrices(CovarianceType::full), {3}), Errc::invalid_argument);
    CHECK_THROWS(marginal(matrices(CovarianceType::full), {-1}), Errc::invalid_argument);
    CHECK_THROWS(marginal(matrices(CovarianceType::full), {1, 1}), Errc::invalid_argument);
}

void linear_maps_keep_families_that_stay() {
    const std::vector<double> turn{0, -2, 0, 0, 0, 2, 2, 0, 0};
    const std::vector<double> apart{1, 0, 0, 0, 2, 0, 0, 0, 3};
    const std::vector<double> mixed{1, 1, 0, 0, 2, 0, 0, 0, 3};
    const std::vector<double> sum{1, 1, 1};
    const std::vector<double> b{1, 2, 3};
    const auto family = [&](const Parameters& p, const std::vector<double>& a) {
        return transform(p, a, a.size() == 3 ? std::vector<double>{7} : b).covariance_type;
    };
    for (const CovarianceType f : all_families()) {
        const bool plain = covariance_shape(f, 3).size() < 2;
        const Parameters p = plain ? variances_of(f) : matrices(f);
        CHECK(family(p, turn) == f);
        const bool uniform = covariance_shape(f, 3).empty();
        const bool axes = f == CovarianceType::eve || f == CovarianceType::vve || f == CovarianceType::eev ||
                          f == CovarianceType::vev;
        CHECK((family(p, apart) == f) == (!uniform && !axes));
        CHECK((family(p, mixed) == f) == (f == CovarianceType::full || (!plain && !axes)));
        CHECK((family(p, sum) == f) ==
              (f == CovarianceType::full || f == CovarianceType::tied || f == CovarianceType::vee));
    }
    const Parameters image = transform(matrices(CovarianceType::full), sum, {7});
    CHECK_EQUAL(image.means, std::vector<double>({10, 19}));
    CHECK_EQUAL(image.covariances, std::vector<double>({7.75, 15.5}));
    CHECK_EQUAL(transform(variances_of(CovarianceType::diag), turn, b).covariances,
                std::vector<double>({4, 12, 8, 4, 12, 8}));
    const Parameters p = matrices(CovarianceType::full);
    CHECK_THROWS(transform(p, {0, 0, 0}, {1}), Errc::invalid_argument);
    CHECK_THROWS(transform(p, {1, 1, 0, 2, 2, 0}, {0, 0}), Errc::invalid_argument);
    CHECK_THROWS(transform(p, {1, 0}, {1}), Errc::invalid_argument);
    CHECK_THROWS(transform(p, {}, {}), Errc::invalid_argument);
    CHECK_THROWS(transform(p, std::vector<double>(12), std::vector<double>(4)), Errc::invalid_argument);
    CHECK_THROWS(transform(p, {1, 0, 0}, {infinity}), Errc::invalid_argument);
}

void mixtures_are_mixed_and_merged() {
    const Parameters full = matrices(CovarianceType::full);
    const Parameters both = mix({full, full}, {0.5, 0.5});
    CHECK(both.covariance_type == CovarianceType::full && both.n_components == 4);
    CHECK_EQUAL(both.weights, std::vector<double>({0.125, 0.375, 0.125, 0.375}));
    CHECK(mix({variances_of(CovarianceType::diag)}, {1}).covariance_type == CovarianceType::diag);
    CHECK(mix({matrices(CovarianceType::tied), full}, {0.5, 0.5}).covariance_type == CovarianceType::full);
    CHECK(mix({variances_of(CovarianceType::diag), variances_of(CovarianceType::spherical)}, {0.5, 0.5})
              .covariance_type == CovarianceType::full);
    CHECK(mix({matrices(CovarianceType::tied)}, {1}).covariance_type == CovarianceType::full);
    CHECK_THROWS(mix({}, {}), Errc::invalid_argument);
    CHECK_THROWS(mix({full}, {0.5}), Errc::invalid_argument);
    CHECK_THROWS(mix({full, full}, {1.5, -0.5}), Errc::invalid_argument);
    CHECK_THROWS(mix({full, on_a_line()}, {0.5, 0.5}), Errc::invalid_argument);
    CHECK_THROWS(mix({full, full}, {1}), Errc::invalid_argument);

    const Parameters merged = merge_components(both, 2, 1);
    CHECK(merged.n_components == 3);
    CHECK_CLOSE(merged.weights[1], 0.5, 1e-15);
    for (std::size_t j = 0; j < 3; ++j) CHECK_CLOSE(mean(merged)[j], mean(full)[j], 1e-14);
    for (std::size_t j = 0; j < 9; ++j) CHECK_CLOSE(covariance(merged)[j], covariance(full)[j], 1e-14);
    CHECK(merge_components(variances_of(CovarianceType::diag), 0, 1).covariance_type == CovarianceType::full);
    CHECK(merge_components(on_a_line(), 0, 2).covariance_type == CovarianceType::spherical);
    Parameters idle = on_a_line();
    idle.weights = {1, 0, 0};
    CHECK_CLOSE(merge_components(idle, 1, 2).means[1], (1 + 1e9) / 2, 1e-15);
    CHECK_THROWS(merge_components(full, 0, 0), Errc::invalid_argument);
    CHECK_THROWS(merge_components(full, 0, 2), Errc::invalid_argument);
    CHECK_THROWS(merge_components(full, -1, 1), Errc::invalid_argument);
}

void a_line_has_probabilities_and_quantiles() {
    const Parameters line = on_a_line();
    std::vector<double> out(4);
    cdf(line, {-infinity, 0, -37, infinity}, out);
    CHECK_EQUAL(out[0], 0);
    CHECK_CLOSE(out[1], 0.5, 1e-15);
    CHECK(out[2] > 0 && out[2] < 1e-280);
    CHECK_EQUAL(out[3], 1);
    const std::vector<double> p{1e-300, 0.3, 0.5, 0.999};
    std::vector<double> back(4);
    quantiles(line, p, out);
    cdf(line, out, back);
    for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(back[i] / p[i] - 1) < 1e-12);
    std::vector<double> ends(2);
    quantiles(line, {0, 1}, ends);
    CHECK(ends[0] == -infinity && ends[1] == infinity);
    std::vector<double> none;
    cdf(line, {}, {none.data() == nullptr ? ends.data() : none.data(), 0});
    CHECK_THROWS(quantiles(line, {1.5, 0}, ends), Errc::invalid_argument);
    CHECK_THROWS(cdf(line, {std::nan(""), 0}, ends), Errc::invalid_argument);
    CHECK_THROWS(cdf(matrices(CovarianceType::full), {0, 0}, ends), Errc::invalid_argument);
}

/// Rows of one given feature, more than a block and no whole number of blocks.
std::vector<double> rows_of_one() {
    std::vector<double> x;
    for (Index i = 0; i < 1003; ++i) x.push_back(0.01 * static_cast<double>(i) - 5);
    return x;
}

void a_conditional_is_what_bayes_rule_says() {
    const Parameters full = matrices(CovarianceType::full);
    const std::vector<double> x = rows_of_one();
    const Index n = signed_size(x);
    for (const Parameters& p : {full, matrices(CovarianceType::tied), variances_of(CovarianceType::diag),
                                variances_of(CovarianceType::evi), variances_of(CovarianceType::spherical)}) {
        const Conditional c(p, {1});
        CHECK(c.n_given() == 1 && c.n_components() == 2 && c.target() == std::vector<Index>({0, 2}));
        std::vector<double> expected(2 * n);
        std::vector<double> spread(4 * n);
        std::vector<double> each(2 * n);
        means(c, row_major(x, 1), expected);
        covariances(c, row_major(x, 1), spread);
        variances(c, row_major(x, 1), each);
        std::vector<double> joined;
        std::vector<double> targets;
        for (Index i = 0; i < n; ++i) {
            joined.insert(joined.end(), {1.0, x[i], 2.0});
            targets.insert(targets.end(), {1.0, 2.0});
        }
        std::vector<double> log_densities(n);
        score_samples(c, row_major(x, 1), row_major(targets, 2), log_densities);
        const std::vector<double> joint = score_samples(prepare(p), row_major(joined, 3));
        const std::vector<double> known = score_samples(c.scorer(), row_major(x, 1));
        for (Index i = 0; i < n; i += 77) {
            CHECK_CLOSE(log_densities[i], joint[i] - known[i], 1e-12);
            const Parameters at = condition(c, {x[i]});
            for (Index t = 0; t < 2; ++t) CHECK_CLOSE(mean(at)[t], expected[2 * i + t], 1e-13);
            for (Index t = 0; t < 4; ++t) CHECK_CLOSE(covariance(at)[t], spread[4 * i + t], 1e-13);
            CHECK_EQUAL(each[2 * i], spread[4 * i]);
            CHECK_EQUAL(each[2 * i + 1], spread[4 * i + 3]);
        }
    }
    const Conditional c(full, {1});
    // By hand, of component 0 alone: 0 + 0.5 (x - 1), 2 + 0.125 (x - 1).
    Parameters alone = full;
    alone.weights = {1, 0};
    const Parameters at = condition(Conditional(alone, {1}), {3});
    CHECK_EQUAL(mean(at), std::vector<double>({1, 2.25}));
    CHECK_CLOSE(covariance_matrix(at, 0)[0], 1.75, 1e-15);
    CHECK(c.components().covariance_type == CovarianceType::full);
    CHECK(Conditional(matrices(CovarianceType::vee), {0}).components().covariance_type == CovarianceType::vee);
    CHECK(Conditional(variances_of(CovarianceType::evi), {0}).components().covariance_type == CovarianceType::full);
}

void drawn_targets_and_quantiles_agree_with_their_distribution() {
    const Conditional c(matrices(CovarianceType::full), {0, 1});
    const Index n = 5000;
    const std::vector<double> x(2 * n, 1.0);
    std::vector<double> y(n);
    std::vector<std::int64_t> labels(n);
    sample(c, row_major(x, 2), 3, y, labels);
    std::vector<double> limits(2 * n);
    quantiles(c, row_major(x, 2), {0.25, 0.9}, limits);
    double below[2] = {};
    for (Index i = 0; i < n; ++i) {
        for (Index q = 0; q < 2; ++q) below[q] += y[i] <= limits[2 * i + q] ? 1.0 / static_cast<double>(n) : 0;
    }
    CHECK_CLOSE(below[0], 0.25, 0.02);
    CHECK_CLOSE(below[1], 0.9, 0.02);
    CHECK(*std::max_element(labels.begin(), labels.end()) <= 1);
    Execution three;
    three.n_threads = 3;
    std::vector<double> again(n);
    sample(c, row_major(x, 2), 3, again, labels, three);
    CHECK(check::same_bits(y, again));
    const Conditional apart(variances_of(CovarianceType::diag), {0});
    std::vector<double> two(2 * n);
    sample(apart, row_major(y, 1), 3, two, labels);
    double sum = 0;
    for (Index i = 0; i < n; ++i) sum += two[2 * i];
    CHECK(std::isfinite(sum));
}

void far_rows_have_finite_answers() {
    const Conditional c(matrices(CovarianceType::full), {1});
    const std::vector<double> x{1e200, -1e200, 0};
    const std::vector<double> y{0, 0, 1e200, 0, -1e300, 1e300};
    std::vector<double> out(3);
    score_samples(c, row_major(x, 1), row_major(y, 2), out);
    for (const double each : out) CHECK(std::isfinite(each));
    std::vector<double> centres(6);
    means(c, row_major(x, 1), centres);
    for (const double each : centres) CHECK(std::isfinite(each));
    const std::vector<float> narrow{0.5F, 1.5F};
    std::vector<double> of_floats(4);
    std::vector<double> of_doubles(4);
    means(c, row_major(narrow, 1), of_floats);
    const std::vector<double> wide{0.5, 1.5};
    means(c, row_major(wide, 1), of_doubles);
    for (std::size_t i = 0; i < 4; ++i) CHECK_CLOSE(of_floats[i], of_doubles[i], 1e-5);
}

void conditionals_refuse_what_they_cannot_use() {
    const Parameters full = matrices(CovarianceType::full);
    CHECK_THROWS(Conditional(full, {}), Errc::invalid_argument);
    CHECK_THROWS(Conditional(full, {0, 1, 2}), Errc::invalid_argument);
    CHECK_THROWS(Conditional(full, {0, 0}), Errc::invalid_argument);
    Parameters flat = full;
    flat.covariances[0] = 0.25 * (1 - 1e-9);
    CHECK_THROWS(Conditional(flat, {1}), Errc::degenerate);
    const Conditional c(full, {1});
    Conditional copy = c;
    Conditional other(full, {0});
    other = copy;
    copy = std::move(other);
    CHECK(copy.target() == c.target());
    const std::vector<double> x{1, 2};
    std::vector<double> out(2);
    CHECK_THROWS(means(copy, row_major(x, 1), out), Errc::invalid_argument);
    CHECK_THROWS(means(copy, row_major(x, 2), out), Errc::invalid_argument);
    CHECK_THROWS(condition(copy, x), Errc::invalid_argument);
    CHECK_THROWS(quantiles(copy, row_major(x, 1), {0.5}, out), Errc::invalid_argument);
    const Conditional one(full, {0, 1});
    std::vector<double> single(1);
    CHECK_THROWS(quantiles(one, row_major(x, 2), {}, single), Errc::invalid_argument);
    CHECK_THROWS(quantiles(one, row_major(x, 2), {2}, single), Errc::invalid_argument);
    CHECK_THROWS(score_samples(copy, row_major(x, 1), row_major(x, 1), out), Errc::invalid_argument);
    CHECK_THROWS(score_samples(copy, row_major(x, 1), row_major(x, 2), out), Errc::invalid_argument);
    const std::vector<double> bad{1, 2, std::nan(""), 4};
    CHECK_THROWS(score_samples(copy, row_major(x, 1), row_major(bad, 2), out), Errc::not_finite);
}

void components_are_assigned_as_well_as_can_be() {
    const std::vector<double> gains{-2, -9, -1, -5};  // the best pair alone would leave -9 to the other
    const std::vector<Index> places = assignment(gains, 2);
    CHECK_EQUAL(places[0], 0);
    CHECK_EQUAL(places[1], 1);
    CHECK(assignment({}, 0).empty());
    CHECK_THROWS(assignment(gains, 3), Errc::invalid_argument);
    CHECK_THROWS(assignment({std::nan("")}, 1), Errc::invalid_argument);
    CHECK_THROWS(assignment(gains, -2), Errc::invalid_argument);
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(marginals_keep_families_that_stay());
        TEST(linear_maps_keep_families_that_stay());
        TEST(mixtures_are_mixed_and_merged());
        TEST(a_line_has_probabilities_and_quantiles());
        TEST(a_conditional_is_what_bayes_rule_says());
        TEST(drawn_targets_and_quantiles_agree_with_their_distribution());
        TEST(far_rows_have_finite_answers());
        TEST(conditionals_refuse_what_they_cannot_use());
        TEST(components_are_assigned_as_well_as_can_be());
    });
}
