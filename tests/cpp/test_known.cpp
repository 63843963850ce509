/// What is known of a mixture as a C++ host says it: parameters that stay, bit for bit, and limits of others.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "check.hpp"
#include "gaussmix/gaussmix.hpp"
#include "two_clusters.hpp"

using namespace gaussmix;

namespace {

const TwoClusters rows(301);

Options options_for(CovarianceType family) {
    Options options;
    options.n_components = 2;
    options.covariance_type = family;
    options.tol = 1e-8;
    return options;
}

/// About the clusters, but not their maximum.
Parameters start_for(CovarianceType family) {
    Options options = options_for(family);
    options.max_iter = 1;
    Parameters start = fit(options, rows.view(), {}, Labels(rows.labels)).parameters;
    start.means[0] += 0.5;
    return start;
}

bool rises(const std::vector<double>& history) {
    for (std::size_t i = 1; i < history.size(); ++i) {
        if (history[i] < history[i - 1] - 1e-12) return false;
    }
    return history.size() > 1;
}

void fixed_parameters_stay(CovarianceType family) {
    for (const Acceleration acceleration : {Acceleration::automatic, Acceleration::off}) {
        Options options = options_for(family);
        options.acceleration = acceleration;
        options.fixed.means = {0};
        options.fixed.weights = {1};
        const Parameters start = start_for(family);
        const Parameters some = fit(options, rows.view(), {}, start).parameters;
        CHECK(std::equal(some.means.begin(), some.means.begin() + 2, start.means.begin()));
        CHECK(some.means[2] != start.means[2]);
        CHECK_EQUAL(some.weights[1], start.weights[1]);
        CHECK_CLOSE(some.weights[0] + some.weights[1], 1.0, 1e-12);
        CHECK(some.covariances != start.covariances);

        options.fixed = {{}, {}, {0, 1}};
        const Model all = fit(options, rows.view(), {}, start);
        CHECK(all.parameters.covariances == start.covariances);
        CHECK(all.parameters.means != start.means);
        CHECK(rises(all.history));
    }
}

void one_covariance_may_stay(CovarianceType family) {
    Options options = options_for(family);
    options.fixed.covariances = {1};
    const Parameters start = start_for(family);
    const Index size = signed_size(start.covariances) / 2;
    const Parameters found = fit(options, rows.view(), {}, start).parameters;
    CHECK(std::equal(start.covariances.begin() + size, start.covariances.end(), found.covariances.begin() + size));
    CHECK(!std::equal(start.covariances.begin(), start.covariances.begin() + size, found.covariances.begin()));
}

/// About a mean that stays, S = sum r (x - mu)(x - mu)^T / N.
void a_covariance_is_about_the_fixed_mean() {
    Options options = options_for(CovarianceType::full);
    options.fixed.means = {0, 1};
    options.acceleration = Acceleration::classic;
    options.tol = 0;
    options.max_iter = 1;
    options.reg_covar = 0;
    const Parameters start = start_for(CovarianceType::full);
    const std::vector<double> shares = predict_proba(make_model(start), rows.view());
    const Parameters found = fit(options, rows.view(), {}, start).parameters;
    for (Index k = 0; k < 2; ++k) {
        double total = 0;
        double sum = 0;
        for (Index i = 0; i < rows.n_rows; ++i) {
            const double share = shares[i * 2 + k];
            total += share;
            sum +=
                share * (rows.values[2 * i] - start.means[2 * k]) * (rows.values[2 * i + 1] - start.means[2 * k + 1]);
        }
        CHECK_CLOSE(found.covariances[4 * k + 1], sum / total, 1e-9);
    }
}

void limits_hold(CovarianceType family) {
    Options options = options_for(family);
    options.bounds = {0.4, 0.6, 1.5, 2.5};
    const Model model = fit(options, rows.view());
    const Parameters& found = model.parameters;
    CHECK(rises(model.history));
    for (const double weight : found.weights) CHECK(weight >= 0.4 - 1e-12 && weight <= 0.6 + 1e-12);
    CHECK_CLOSE(found.weights[0] + found.weights[1], 1.0, 1e-12);
    for (const double variance : variances(found)) CHECK(variance >= 1.5 - 1e-12 && variance <= 2.5 + 1e-12);
}

void runs_from_moments_keep_limits() {
    Options options = options_for(CovarianceType::diag);
    options.n_components = 3;
    options.bounds.least_weight = 0.2;
    const Summary summary = summarize(rows.view());
    Moments moments;  // of clusters, of which one has no rows
    moments.scatter_kind = scatter_for(CovarianceType::diag);
    moments.n_components = 3;
    moments.n_features = 2;
    moments.n_rows = rows.n_rows;
    moments.total_weight = static_cast<double>(rows.n_rows);
    moments.weights = {0, 0, 0};
    moments.reference = {0, 1, 10, -4, 5, 0};
    moments.first.assign(6, 0.0);
    moments.scatter.assign(6, 0.0);
    for (Index i = 0; i < rows.n_rows; ++i) {
        const Index k = rows.labels[i];
        moments.weights[k] += 1;
        for (Index j = 0; j < 2; ++j) {
            const double gap = rows.values[2 * i + j] - moments.reference[2 * k + j];
            moments.first[2 * k + j] += gap;
            moments.scatter[2 * k + j] += gap * gap;
        }
    }
    Run run(options, summary, moments);
    CHECK(*std::min_element(run.parameters().weights.begin(), run.parameters().weights.end()) >= 0.2 - 1e-12);
    Shard shard(rows.view());
    while (!run.done()) run.advance(shard.moments(run));
    CHECK(*std::min_element(run.parameters().weights.begin(), run.parameters().weights.end()) >= 0.2 - 1e-12);
    options.fixed.means = {0};
    CHECK_THROWS(Run(options, summary, moments), Errc::invalid_argument);
}

void components_without_rows_stay() {
    Options options = options_for(CovarianceType::full);
    options.n_components = 3;
    Parameters start = start_for(CovarianceType::full);
    start.n_components = 3;
    start.weights = {0.4, 0.4, 0.2};
    start.means.insert(start.means.end(), {1e4, 1e4});
    start.covariances.insert(start.covariances.end(), {1, 0, 0, 1});
    options.fixed.weights = {2};
    const Model model = fit(options, rows.view(), {}, start);
    CHECK_EQUAL(model.parameters.weights[2], 0.2);
    CHECK_EQUAL(model.parameters.means[4], 1e4);
    CHECK_EQUAL(model.parameters.covariances[8], 1.0);
    CHECK(model.events.empty());
    options.fixed = {{}, {2}, {}};
    const Model pruned = fit(options, rows.view(), {}, start);
    CHECK_EQUAL(pruned.parameters.weights[2], 0.0);
    CHECK(pruned.events.size() == 1 && pruned.events.front().act == Act::prune);
}

void a_background_takes_what_is_left() {
    Options options = options_for(CovarianceType::full);
    options.fixed.weights = {0};
    options.noise = NoiseOptions{0.1, 6.0, {}};
    Parameters start = start_for(CovarianceType::full);
    start.weights = {0.5, 0.5};
    const Parameters found = fit(options, rows.view(), {}, start).parameters;
    CHECK_EQUAL(found.weights[0], 0.5);
    CHECK_CLOSE(found.weights[1] + found.noise->weight, 0.5, 1e-12);
    options.noise.reset();
    const Parameters without = fit(options, rows.view(), {}, found).parameters;
    CHECK_EQUAL(without.weights[0], 0.5);
    CHECK_CLOSE(without.weights[1], 0.5, 1e-12);
    options.noise.emplace();
    options.fixed.weights = {0, 1};
    CHECK_THROWS(fit(options, rows.view(), {}, start), Errc::invalid_argument);
}

void pieces_keep_what_is_fixed() {
    Options options = options_for(CovarianceType::full);
    options.fixed.means = {1};
    const Parameters start = start_for(CovarianceType::full);
    const Pieces pieces = [](Index i) -> std::optional<Piece> {
        if (i > 0) return std::nullopt;
        return Piece{rows.view()};
    };
    const Parameters found = fit(options, pieces, start).parameters;
    CHECK(std::equal(found.means.begin() + 2, found.means.end(), start.means.begin() + 2));
    CHECK_THROWS(fit(options, pieces), Errc::invalid_argument);
}

void what_cannot_be_is_refused() {
    const auto refused = [](const Options& options, const Start& start) {
        CHECK_THROWS(fit(options, rows.view(), {}, start), Errc::invalid_argument);
    };
    const Options usual = options_for(CovarianceType::full);
    const Parameters start = start_for(CovarianceType::full);
    const auto with_fixed = [&](const Fixed& fixed) {
        Options options = usual;
        options.fixed = fixed;
        return options;
    };
    const auto with_bounds = [&](const Bounds& bounds) {
        Options options = usual;
        options.bounds = bounds;
        return options;
    };
    for (const Index k : {Index{-1}, Index{2}}) {
        refused(with_fixed({{k}, {}, {}}), start);
        refused(with_fixed({{}, {k}, {}}), start);
        refused(with_fixed({{}, {}, {k}}), start);
    }
    refused(with_fixed({{}, {0}, {}}), {});
    refused(with_fixed({{}, {0}, {}}), Labels(rows.labels));
    constexpr double infinity = std::numeric_limits<double>::infinity();
    for (const Bounds& bounds :
         {Bounds{-1, 1, 0, infinity}, Bounds{0.6, 0.5, 0, infinity}, Bounds{0, 2, 0, infinity},
          Bounds{0.6, 1, 0, infinity}, Bounds{0, 0.4, 0, infinity}, Bounds{0, 1, -1, infinity}, Bounds{0, 1, 2, 1},
          Bounds{0, 1, 0, 0}, Bounds{0, 1, infinity, infinity}, Bounds{0, 1, 0, 1e-300}}) {
        refused(with_bounds(bounds), start);
    }
    Options options = with_fixed({{0}, {}, {}});
    Parameters heavy = start;
    heavy.weights = {0.9, 0.1};
    options.bounds.least_weight = 0.3;
    refused(options, heavy);
    options.bounds = {0, 0.05, 0, infinity};
    refused(options, heavy);
    options.noise = NoiseOptions{0.02, 6.0, {}};  // which may have the rest
    CHECK_CLOSE(fit(options, rows.view(), {}, heavy).parameters.weights[1], 0.05, 0.05);

    options = with_fixed({{}, {}, {0, 1}});
    options.covariance_type = CovarianceType::diag;
    refused(options, start);
    for (const CovarianceType family : {CovarianceType::tied, CovarianceType::eii, CovarianceType::vve}) {
        options = with_fixed({{}, {}, {0}});
        options.covariance_type = family;
        refused(options, start_for(family));
    }
    options = with_bounds({0, 1, 1, infinity});
    options.covariance_type = CovarianceType::vei;
    refused(options, {});
    options = with_fixed({{}, {}, {0, 1}});
    options.covariance_type = CovarianceType::vei;
    Parameters odd = start_for(CovarianceType::vei);
    odd.covariances = {1, 2, 3, 1};
    refused(options, odd);
    Parameters singular = start;
    singular.covariances = {1, 1, 1, 1 + 1e-15, 1, 0, 0, 1};
    refused(with_fixed({{}, {}, {0}}), singular);
    fit(with_fixed({{}, {}, {1}}), rows.view(), {}, singular);

    options = with_fixed({{}, {0}, {}});
    options.prior = Prior{};
    options.variational = WeightPrior{};
    refused(options, {});
    options = with_bounds({0.1, 1, 0, infinity});
    options.prior = Prior{};
    options.variational = WeightPrior{};
    refused(options, {});
    SelectOptions selection;
    selection.fit.fixed.means = {0};
    CHECK_THROWS(select(selection, rows.view()), Errc::invalid_argument);
}

void units_do_not_matter() {
    const double scale = std::ldexp(1.0, 300);
    std::vector<double> large = rows.values;
    for (double& value : large) value *= scale;
    Parameters start = start_for(CovarianceType::full);
    Options options = options_for(CovarianceType::full);
    options.fixed.means = {0};
    options.bounds = {0, 1, 1, 3};
    const Parameters usual = fit(options, rows.view(), {}, start).parameters;
    for (double& value : start.means) value *= scale;
    for (double& value : start.covariances) value *= scale * scale;
    options.bounds = {0, 1, scale * scale, 3 * scale * scale};
    const Parameters found = fit(options, row_major(large.data(), rows.n_rows, 2), {}, start).parameters;
    CHECK_EQUAL(found.means[0], start.means[0]);
    CHECK_CLOSE(found.covariances[4] / (scale * scale), usual.covariances[4], 1e-9);
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        for (const CovarianceType family : all_families()) TEST(fixed_parameters_stay(family));
        for (const CovarianceType family : {CovarianceType::full, CovarianceType::diag, CovarianceType::spherical}) {
            TEST(one_covariance_may_stay(family));
        }
        TEST(a_covariance_is_about_the_fixed_mean());
        for (const CovarianceType family :
             {CovarianceType::full, CovarianceType::tied, CovarianceType::diag, CovarianceType::spherical}) {
            TEST(limits_hold(family));
        }
        TEST(runs_from_moments_keep_limits());
        TEST(components_without_rows_stay());
        TEST(a_background_takes_what_is_left());
        TEST(pieces_keep_what_is_fixed());
        TEST(what_cannot_be_is_refused());
        TEST(units_do_not_matter());
    });
}
