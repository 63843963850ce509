/// The choice among families and numbers of components: what every C++ host can rely on.
#include <algorithm>
#include <cmath>

#include "check.hpp"
#include "em/select/hierarchy.hpp"
#include "em/select/lattice.hpp"
#include "em/select/partitions.hpp"
#include "em/select/stages.hpp"
#include "families/settle.hpp"
#include "gaussmix/gaussmix.hpp"
#include "two_clusters.hpp"

using namespace gaussmix;

namespace {

const TwoClusters data(120);

SelectOptions options_for(std::vector<CovarianceType> families, std::vector<Index> counts) {
    SelectOptions options;
    options.covariance_types = std::move(families);
    options.n_components = std::move(counts);
    options.fit.tol = 1e-6;
    options.fit.max_iter = 500;
    return options;
}

SelectOptions everything() { return options_for(all_families(), {1, 2, 3, 4}); }

double bic_of(const Cell& cell) { return criteria(cell.evidence, n_parameters(*cell.model)).bic; }

const Cell& best_of(const std::vector<Cell>& cells) {
    return *std::min_element(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) {
        const auto value = [](const Cell& cell) { return cell.why.empty() ? bic_of(cell) : 1e300; };
        return value(a) < value(b);
    });
}

const Cell& cell_of(const std::vector<Cell>& cells, CovarianceType family, Index k) {
    return *std::find_if(cells.begin(), cells.end(),
                         [&](const Cell& cell) { return cell.covariance_type == family && cell.n_components == k; });
}

void check_nested(const std::vector<Cell>& cells) {
    for (const Cell& inner : cells) {
        for (const Cell& outer : cells) {
            if (inner.n_components != outer.n_components || !inner.why.empty() || !outer.why.empty()) continue;
            if (!families::lies_within(families::get(inner.covariance_type), families::get(outer.covariance_type)))
                continue;
            CHECK(outer.evidence.log_likelihood >= inner.evidence.log_likelihood - 1e-3);
        }
    }
}

void two_clusters_are_found() {
    const std::vector<Cell> cells = select(everything(), data.view());
    CHECK_EQUAL(cells.size(), 14 * 4);
    CHECK_EQUAL(cells[1].n_components, 2);  // family by family
    CHECK_EQUAL(cells[1].covariance_type, CovarianceType::full);
    CHECK_EQUAL(best_of(cells).n_components, 2);
    check_nested(cells);
}

void bits_are_the_same_for_any_threads() {
    Execution many;
    many.n_threads = 5;
    Execution one;
    one.n_threads = 1;
    const std::vector<Cell> a = select(everything(), data.view(), {}, one);
    const std::vector<Cell> b = select(everything(), data.view(), {}, many);
    for (std::size_t i = 0; i < a.size(); ++i) {
        CHECK(check::same_bits(a[i].model->parameters.covariances, b[i].model->parameters.covariances));
        CHECK(check::same_bits(a[i].model->history, b[i].model->history));
    }
}

void efforts_and_accelerations() {
    for (const Effort effort : {Effort::low, Effort::high}) {
        SelectOptions options =
            options_for({CovarianceType::tied, CovarianceType::full, CovarianceType::vee}, {1, 2, 3});
        options.fit.effort = effort;
        options.fit.acceleration = effort == Effort::low ? Acceleration::off : Acceleration::automatic;
        const std::vector<Cell> cells = select(options, data.view());
        CHECK_EQUAL(best_of(cells).n_components, 2);
        check_nested(cells);
    }
}

void many_rows_are_searched_on_a_sample() {
    const TwoClusters many(9000);
    SelectOptions options = options_for({CovarianceType::diag, CovarianceType::full}, {1, 2, 3});
    const std::vector<Cell> cells = select(options, many.view());
    CHECK_EQUAL(best_of(cells).n_components, 2);
    CHECK_EQUAL(cell_of(cells, CovarianceType::full, 2).evidence.n_rows, 9000);
    check_nested(cells);
}

void narrow_clusters_are_not_blurred() {
    for (const Index n : {200, 9000}) {
        TwoClusters apart(n);
        for (Index i = 0; i < n; i += 3) apart.values[2 * i] += 1e7;
        const std::vector<Cell> cells =
            select(options_for({CovarianceType::diag, CovarianceType::full}, {1, 2}), apart.view());
        for (const CovarianceType family : {CovarianceType::diag, CovarianceType::full}) {
            Options options;
            options.n_components = 2;
            options.covariance_type = family;
            options.reg_covar = 0;
            const Model sharp = fit(options, apart.view(), {}, Labels(apart.labels));
            CHECK_CLOSE(cell_of(cells, family, 2).evidence.log_likelihood, evidence(sharp, apart.view()).log_likelihood,
                        1e-5);
        }
        CHECK_EQUAL(best_of(cells).n_components, 2);
    }
}

void weights_count_rows() {
    std::vector<double> weights(data.n_rows, 1.0);
    weights[0] = weights[1] = 0;
    const SelectOptions options = options_for({CovarianceType::spherical, CovarianceType::eii}, {2});
    const std::vector<Cell> weighted = select(options, data.view(), weights);
    const std::vector<Cell> fewer = select(options, row_major(data.values.data() + 4, data.n_rows - 2, 2));
    CHECK_CLOSE(bic_of(weighted[0]), bic_of(fewer[0]), 1e-6);
    for (double& weight : weights) weight *= 1e-70;
    CHECK_CLOSE(select(options, data.view(), weights)[0].model->parameters.means[0],
                weighted[0].model->parameters.means[0], 1e-3);
}

void priors_take_the_shape_of_each_family() {
    SelectOptions options = everything();
    options.fit.prior.emplace();
    CHECK_EQUAL(best_of(select(options, data.view())).n_components, 2);
    for (const std::vector<double>& covariance : {std::vector<double>{2, 0.5, 0.5, 3}, {2, 3}}) {
        options.fit.prior->covariance = covariance;
        CHECK_EQUAL(best_of(select(options, data.view())).n_components, 2);
    }
    options.fit.prior->covariance = {1, 2, 3};
    CHECK_THROWS(select(options, data.view()), Errc::invalid_argument);
}

void cells_say_why_they_must_not_be_chosen() {
    // Three distinct rows, each several times.
    const std::vector<double> few{0, 0, 0, 0, 0, 0, 4, 1, 4, 1, 4, 1, 1, 5, 1, 5};
    const std::vector<Cell> cells =
        select(options_for({CovarianceType::full, CovarianceType::eii}, {1, 2, 3, 9}), row_major(few.data(), 8, 2));
    CHECK(cell_of(cells, CovarianceType::full, 3).why.find("degenerate: collapsed components 0, 1, 2") == 0);
    CHECK(cell_of(cells, CovarianceType::full, 9).why.find("more components than the 8 rows") == 0);
    CHECK(!cell_of(cells, CovarianceType::full, 9).model);
    CHECK(cell_of(cells, CovarianceType::eii, 2).why.empty());
    const std::vector<double> weights{1, 1, 0, 1, 1, 0, 1, 0};
    const std::vector<Cell> fewer =
        select(options_for({CovarianceType::eii}, {6}), row_major(few.data(), 8, 2), weights);
    CHECK(fewer[0].why.find("more components than the 5 rows") == 0);
}

void limits_leave_the_best() {
    SelectOptions options = everything();
    options.max_fits = 5;
    const std::vector<Cell> cells = select(options, data.view());
    CHECK_EQUAL(std::count_if(cells.begin(), cells.end(), [](const Cell& cell) { return cell.model.has_value(); }), 5);
    CHECK_EQUAL(best_of(cells).n_components, 2);
    options = everything();
    options.max_seconds = 1e-9;
    CHECK(select(options, data.view())[0].why.find("not fitted: the time was up") == 0);
    options.max_seconds = 1e3;
    CHECK_EQUAL(best_of(select(options, data.view())).n_components, 2);
}

void an_observer_may_stop() {
    Index calls = 0;
    Execution one;
    one.n_threads = 1;
    const std::vector<Cell> cells = select(everything(), data.view(), {}, one, [&](const SelectProgress& progress) {
        CHECK(progress.n_done <= progress.n_steps);
        return ++calls < 70;  // within the first climbs
    });
    CHECK_EQUAL(calls, 70);
    CHECK(std::any_of(cells.begin(), cells.end(), [](const Cell& cell) { return cell.model.has_value(); }));
    CHECK(std::any_of(cells.begin(), cells.end(), [](const Cell& cell) { return !cell.model; }));
    one.poll = [] { return false; };
    CHECK_THROWS(select(everything(), data.view(), {}, one), Errc::interrupted);
}

void unusable_arguments() {
    const auto refused = [](const SelectOptions& options) {
        CHECK_THROWS(select(options, data.view()), Errc::invalid_argument);
    };
    refused(options_for({}, {1}));
    refused(options_for({CovarianceType::full}, {}));
    refused(options_for({CovarianceType::full, CovarianceType::full}, {1}));
    refused(options_for({CovarianceType::full}, {0}));
    SelectOptions options = everything();
    options.max_fits = 0;
    refused(options);
    options = everything();
    options.max_seconds = 0;
    refused(options);
    options = everything();
    options.fit.variational.emplace();
    refused(options);
    const std::vector<double> vast{0, 1e200, 2, -1e200, 5, 3};
    CHECK_THROWS(select(options_for({CovarianceType::full}, {1}), row_major(vast.data(), 3, 2)),
                 Errc::invalid_argument);
}

void a_single_row_and_a_single_feature() {
    const std::vector<double> one{1.0};
    const std::vector<Cell> cells =
        select(options_for({CovarianceType::spherical}, {1, 2}), row_major(one.data(), 1, 1));
    CHECK(!cells[1].why.empty());
    const std::vector<Cell> two = select(options_for({CovarianceType::full, CovarianceType::tied}, {1, 2}),
                                         row_major(data.values.data(), 2 * data.n_rows, 1));
    CHECK(two[3].why.empty());
}

void a_constant_feature_changes_nothing_else() {
    std::vector<double> values;
    for (Index i = 0; i < data.n_rows; ++i) {
        values.insert(values.end(), {data.values[2 * i], data.values[2 * i + 1], 7.0});
    }
    const std::vector<Cell> cells = select(
        options_for({CovarianceType::full, CovarianceType::vee, CovarianceType::eve, CovarianceType::diag}, {1, 2, 3}),
        row_major(values.data(), data.n_rows, 3));
    CHECK_EQUAL(best_of(cells).n_components, 2);
    for (const Cell& cell : cells) CHECK(cell.why.empty());
}

void families_lie_within_each_other() {
    const em::Lattice lattice(all_families());
    CHECK_EQUAL(lattice.levels.size(), 6);
    CHECK_EQUAL(lattice.levels.front().size(), 1);  // EII
    CHECK_EQUAL(lattice.within[0].size(), 3);       // VVV: VVE, VEV, EVV
    CHECK(families::lies_within(families::get("EEV"), families::get("VEV")));
    CHECK(!families::lies_within(families::get("VEV"), families::get("EVV")));
}

em::Sample sample_of(const std::vector<double>& values, Index n_features) {
    em::Sample sample;
    sample.n_features = n_features;
    sample.values = values;
    sample.weights.assign(values.size() / n_features, 1.0);
    return sample;
}

/// The sum of n_k log((tr W_k + tr W / (n d)) / n_k) of clusters of points (n, 2), whose total scatter is 2 n.
double cost_of(const std::vector<double>& points, const std::vector<std::int64_t>& labels, double added) {
    double sum = 0;
    for (std::int64_t k = 0; k <= *std::max_element(labels.begin(), labels.end()); ++k) {
        double n = 0;
        double first[2] = {};
        double second = 0;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (labels[i] != k) continue;
            n += 1;
            for (const Index j : {0, 1}) {
                first[j] += points[2 * i + j];
                second += points[2 * i + j] * points[2 * i + j];
            }
        }
        if (n > 0) sum += n * std::log((second - (first[0] * first[0] + first[1] * first[1]) / n + added) / n);
    }
    return sum;
}

void rows_are_merged_where_that_costs_least() {
    const Index n = 40;
    std::vector<double> points(data.values.begin(), data.values.begin() + 2 * n);
    const em::Sample sample = sample_of(points, 2);
    double product = 0;
    for (const Index j : {0, 1}) {
        double mean = 0;
        double square = 0;
        for (Index i = 0; i < n; ++i) mean += points[2 * i + j] / n;
        for (Index i = 0; i < n; ++i) square += std::pow(points[2 * i + j] - mean, 2) / n;
        for (Index i = 0; i < n; ++i) points[2 * i + j] = (points[2 * i + j] - mean) / std::sqrt(square);
    }
    for (Index i = 0; i < n; ++i) product += points[2 * i] * points[2 * i + 1] / n;
    for (const bool turned : {false, true}) {
        double added = 1;  // the mean of both variances
        if (turned) {
            for (Index i = 0; i < n; ++i) {
                const double a = points[2 * i];
                const double b = points[2 * i + 1];
                points[2 * i] = (a + b) / std::pow(1 + product, 0.25);
                points[2 * i + 1] = (a - b) / std::pow(1 - product, 0.25);
            }
            added = std::sqrt(1 + product) + std::sqrt(1 - product);
        }
        const em::Hierarchy found = em::merge_rows(sample, n, turned);
        for (Index k = n; k > 2; --k) {
            double least = std::numeric_limits<double>::infinity();
            for (std::int64_t a = 0; a < k; ++a) {
                for (std::int64_t b = a + 1; b < k; ++b) {
                    std::vector<std::int64_t> merged = found[k];
                    std::replace(merged.begin(), merged.end(), b, a);
                    least = std::min(least, cost_of(points, merged, added));
                }
            }
            CHECK_EQUAL(*std::max_element(found[k - 1].begin(), found[k - 1].end()), k - 2);
            CHECK_CLOSE(cost_of(points, found[k - 1], added), least, 1e-9);
        }
    }
}

void a_weight_counts_as_equal_rows_in_a_hierarchy() {
    const std::vector<double> values(data.values.begin(), data.values.begin() + 60);
    em::Sample weighted = sample_of(values, 2);
    em::Sample repeated = weighted;
    for (Index i = 0; i < 30; i += 3) {
        weighted.weights[i] = 2;
        repeated.values.insert(repeated.values.end(), {values[2 * i], values[2 * i + 1]});
        repeated.weights.push_back(1);
    }
    const em::Hierarchy a = em::merge_rows(weighted, 4, true);
    const em::Hierarchy b = em::merge_rows(repeated, 4, true);
    for (const Index k : {2, 3, 4}) {
        for (std::size_t i = 0; i < 30; ++i) {
            for (std::size_t j = 0; j < i; ++j) CHECK_EQUAL(a[k][i] == a[k][j], b[k][i] == b[k][j]);
        }
    }
}

void few_rows_and_constant_features_have_hierarchies() {
    CHECK(em::merge_rows(sample_of({1, 2}, 2), 3, true)[2].empty());
    const em::Hierarchy found = em::merge_rows(sample_of({0, 7, 9, 7, 1, 7}, 2), 5, true);
    CHECK(found[2] == std::vector<std::int64_t>({0, 1, 0}));
    CHECK(found[4].empty());
}

void mixtures_come_into_any_family() {
    Options options;
    options.n_components = 2;
    const Parameters full = fit(options, data.view()).parameters;
    const rows::Context context{Execution{}};
    for (const CovarianceType family : all_families()) {
        for (const families::Nearest nearest : {families::Nearest::exactly, families::Nearest::about}) {
            const Parameters found = families::in_family(full, family, nearest, context);
            validate(found);
            CHECK(found.covariance_type == family);
            const Parameters back = families::in_family(found, CovarianceType::full, nearest, context);
            CHECK_CLOSE(variances(back)[0], variances(found)[0], 1e-12);
        }
        // A fit goes on from a mixture of any family.
        options.covariance_type = family;
        CHECK(fit(options, data.view(), {}, full).status == Status::converged);
    }
}

void families_that_mean_nothing_are_left_out() {
    const std::vector<CovarianceType> line = sensible_families(100, 1, true);
    CHECK(line == std::vector<CovarianceType>({CovarianceType::eii, CovarianceType::spherical}));
    const std::vector<CovarianceType> wide = sensible_families(30, 30, false);
    CHECK(wide == std::vector<CovarianceType>({CovarianceType::eii, CovarianceType::spherical, CovarianceType::eei,
                                               CovarianceType::vei, CovarianceType::evi, CovarianceType::diag}));
    CHECK_EQUAL(sensible_families(30, 30, true).size(), 14);
    CHECK(sensible_families(31, 30, false).back() == CovarianceType::full);
}

void names_are_mclusts() {
    CHECK_EQUAL(mclust_code(CovarianceType::full), "VVV");
    CHECK_EQUAL(mclust_code(CovarianceType::eev), "EEV");
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(two_clusters_are_found());
        TEST(bits_are_the_same_for_any_threads());
        TEST(efforts_and_accelerations());
        TEST(many_rows_are_searched_on_a_sample());
        TEST(narrow_clusters_are_not_blurred());
        TEST(weights_count_rows());
        TEST(priors_take_the_shape_of_each_family());
        TEST(cells_say_why_they_must_not_be_chosen());
        TEST(limits_leave_the_best());
        TEST(an_observer_may_stop());
        TEST(unusable_arguments());
        TEST(a_single_row_and_a_single_feature());
        TEST(a_constant_feature_changes_nothing_else());
        TEST(families_lie_within_each_other());
        TEST(rows_are_merged_where_that_costs_least());
        TEST(a_weight_counts_as_equal_rows_in_a_hierarchy());
        TEST(few_rows_and_constant_features_have_hierarchies());
        TEST(mixtures_come_into_any_family());
        TEST(families_that_mean_nothing_are_left_out());
        TEST(names_are_mclusts());
    });
}
