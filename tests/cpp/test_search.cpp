/// The search for a start and the accelerated run, from inside: coordinates, merges, splits, and what a fit makes of
/// them.
#include <cmath>
#include <functional>

#include "check.hpp"
#include "em/pass/pass.hpp"
#include "em/run/frame.hpp"
#include "em/starts/search/memberships.hpp"
#include "em/starts/search/merges.hpp"
#include "em/starts/search/parts.hpp"
#include "em/starts/search/search.hpp"
#include "em/starts/search/splits.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/fit.hpp"
#include "random/random.hpp"

using namespace gaussmix;

namespace {

constexpr CovarianceType families_of_all[] = {CovarianceType::full, CovarianceType::tied, CovarianceType::diag,
                                              CovarianceType::spherical};

double normal(random::Generator& generator) {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += generator.uniform();
    return sum;
}

/// Rows of round clusters on a grid, `apart` deviations from each other.
struct Grid {
    Index n_features = 2;
    Index side;
    std::vector<double> values;

    Grid(Index rows_a_cluster, Index side_, double apart, std::uint64_t seed = 0) : side(side_) {
        random::Generator generator(seed, 0);
        for (Index i = 0; i < rows_a_cluster * side * side; ++i) {
            const Index cluster = i % (side * side);
            values.push_back(apart * static_cast<double>(cluster % side) + normal(generator));
            values.push_back(apart * static_cast<double>(cluster / side) + normal(generator));
        }
    }

    Index n_rows() const noexcept { return static_cast<Index>(values.size()) / 2; }
    MatrixView view() const { return row_major(values.data(), n_rows(), 2); }
};

Options options_for(CovarianceType family, Index n_components) {
    Options options;
    options.n_components = n_components;
    options.covariance_type = family;
    options.seed = 3;
    return options;
}

/// A mixture that EM has not finished.
Parameters rough(const Grid& grid, CovarianceType family, Index n_components) {
    Options options = options_for(family, n_components);
    options.init = Init::random;
    options.max_iter = 6;
    options.tol = 0;
    return fit(options, grid.view()).parameters;
}

double mean_log_likelihood(const Grid& grid, const Parameters& parameters) {
    return accumulate(prepare(parameters), scatter_for(parameters.covariance_type), grid.view()).log_likelihood /
           static_cast<double>(grid.n_rows());
}

void coordinates_lead_there_and_back() {
    const Grid grid(60, 2, 3);
    for (const CovarianceType family : families_of_all) {
        const Parameters centre = rough(grid, family, 3);
        Options more = options_for(family, 3);
        more.max_iter = 3;
        more.tol = 0;
        const Parameters other = fit(more, grid.view(), {}, centre).parameters;
        const rows::Context context{Execution{}};
        const em::Known nothing;
        const em::Frame frame(centre, nothing, context.table);
        const std::optional<std::vector<double>> coordinates = frame.encode(other);
        CHECK(coordinates.has_value());
        const Parameters back = frame.decode(*coordinates, 1);
        for (std::size_t i = 0; i < other.weights.size(); ++i) CHECK_CLOSE(back.weights[i], other.weights[i], 1e-12);
        for (std::size_t i = 0; i < other.means.size(); ++i) CHECK_CLOSE(back.means[i], other.means[i], 1e-12);
        for (std::size_t i = 0; i < other.covariances.size(); ++i) {
            CHECK_CLOSE(back.covariances[i], other.covariances[i], 1e-12);
        }
    }
}

void the_gradient_is_that_of_the_likelihood(const Fixed& fixed) {
    const Grid grid(40, 2, 2.5);
    for (const CovarianceType family : families_of_all) {
        const Parameters centre = rough(grid, family, 3);
        Options options = options_for(family, 3);
        options.fixed = fixed;
        const bool is_shared = family == CovarianceType::tied;
        if (is_shared) options.fixed.covariances.clear();
        options.reg_covar = 0;
        options.max_iter = 1;
        options.tol = 0;
        const Parameters step = fit(options, grid.view(), {}, centre).parameters;
        const std::vector<double> shares = accumulate(prepare(centre), scatter_for(family), grid.view()).weights;
        em::Shares of_rows{shares, shares, shares};
        for (std::vector<double>* part : {&of_rows.counts, &of_rows.divisors, &of_rows.terms}) {
            for (double& share : *part) share /= static_cast<double>(grid.view().n_rows);
        }
        const rows::Context context{Execution{}};
        const em::Known known(options);
        const em::Frame frame(centre, known, context.table);
        const std::vector<double> gradient = frame.gradient(step, of_rows);
        const Index of_covariance = (signed_size(gradient) - 9) / (is_shared ? 1 : 3);
        for (Index i = 0; i < signed_size(gradient); ++i) {
            constexpr double h = 1e-5;
            const bool is_held = i < 3   ? known.weight(i)
                                 : i < 9 ? known.mean((i - 3) / 2)
                                         : known.covariance((i - 9) / of_covariance);
            if (is_held) {
                CHECK_EQUAL(gradient[i], 0.0);
                continue;
            }
            std::vector<double> direction(gradient.size());
            direction[i] = 1;
            const double slope = (mean_log_likelihood(grid, frame.decode(direction, h)) -
                                  mean_log_likelihood(grid, frame.decode(direction, -h))) /
                                 (2 * h);
            CHECK_CLOSE(gradient[i], slope, 1e-6);
        }
    }
}

/// What a model makes of all rows of a grid.
struct Known {
    rows::Context context{Execution{}};
    rows::Data rows;
    Scorer scorer;
    em::Parts parts;
    em::Memberships memberships;

    Known(const Grid& grid, const Parameters& parameters)
        : rows{grid.view(), {}, context},
          scorer(prepare(parameters)),
          parts(accumulate(scorer, scatter_for(parameters.covariance_type), grid.view())),
          memberships(rows, scorer.numbers(), 1e-4) {}
};

void parts_add_up_to_what_they_were() {
    const Grid grid(50, 2, 4);
    for (const CovarianceType family : families_of_all) {
        const Known known(grid, rough(grid, family, 5));
        const Moments moments = known.parts.moments();
        double sum = 0;
        for (const double weight : moments.weights) sum += weight;
        CHECK_CLOSE(sum, static_cast<double>(grid.n_rows()), 1e-12);
        // A component cut in two and merged again is what it was.
        em::Parts parts = known.parts;
        const em::Part before = parts[0];
        em::Part half = before;
        half.weight /= 2;
        for (double& number : half.scatter) number /= 2;
        em::Halves halves{half, half};
        halves[0].mean[0] -= 0.125;
        halves[1].mean[0] += 0.125;
        const std::vector<double> pooled = moments.scatter;
        parts.split(0, halves, 1);
        parts.merge(0, 1);
        CHECK_CLOSE(parts[0].weight, before.weight, 1e-13);
        CHECK_CLOSE(parts[0].mean[0], before.mean[0], 1e-13);
        const double between = before.weight * 0.125 * 0.125;
        if (parts.pools()) {
            CHECK_CLOSE(parts.moments().scatter[0], pooled[0], 1e-12);
        } else {
            CHECK_CLOSE(parts[0].scatter[0], before.scatter[0] + between, 1e-12);
        }
    }
}

void a_merge_loses_less_than_it_says() {
    // EM from the merged mixture can only climb: its likelihood is at least what the loss leaves.
    const Grid grid(60, 2, 5);
    for (const CovarianceType family : families_of_all) {
        const Parameters parameters = rough(grid, family, 6);
        const Known known(grid, parameters);
        const Options options = options_for(family, 6);
        const Summary summary = summarize(grid.view());
        const Ridge ridge = make_ridge(options, summary);
        em::LogDeterminant log_determinant(options, ridge, known.context.table);
        const std::vector<em::Merge> merges =
            em::find_merges(known.parts, known.memberships, known.rows, known.scorer.numbers(), log_determinant, 1);
        CHECK(!merges.empty());
        for (std::size_t i = 1; i < merges.size(); ++i) CHECK(merges[i - 1].loss <= merges[i].loss);
        for (const em::Merge& merge : merges) {
            em::Parts parts = known.parts;
            parts.merge(merge.a, merge.b);
            std::vector<char> gone(6);
            gone[static_cast<std::size_t>(merge.b)] = 1;
            parts.remove(gone);
            Options five = options_for(family, 5);
            five.acceleration = Acceleration::off;
            const Run run(five, summary, parts.moments());
            CHECK(mean_log_likelihood(grid, run.parameters()) >
                  mean_log_likelihood(grid, parameters) - merge.loss - 5e-3);
        }
    }
}

void what_too_few_rows_support_is_merged_first() {
    const Grid grid(60, 2, 9);
    std::vector<std::int64_t> labels;  // two rows of the first cluster apart
    for (Index i = 0; i < grid.n_rows(); ++i) labels.push_back(i == 0 || i == 4 ? 4 : i % 4);
    for (const CovarianceType family : {CovarianceType::diag, CovarianceType::spherical}) {
        Options options = options_for(family, 5);
        options.max_iter = 0;
        const Known known(grid, fit(options, grid.view(), {}, Labels{labels.data(), grid.n_rows()}).parameters);
        const std::vector<double> n_members = known.memberships.n_members(5);
        CHECK(n_members[4] < 5 && n_members[0] > 5);
        em::LogDeterminant log_determinant(options, make_ridge(options, summarize(grid.view())), known.context.table);
        const auto cheapest = [&](Index least) {
            return em::find_merges(known.parts, known.memberships, known.rows, known.scorer.numbers(), log_determinant,
                                   least)
                .front();
        };
        const em::Merge forced = cheapest(5);
        CHECK(forced.a == 0 && forced.b == 4);
        CHECK(forced.loss < -100);
        CHECK(cheapest(1).loss > -1);
    }
}

void of_many_components_near_ones_are_compared() {
    const Grid grid(12, 9, 8);
    for (const CovarianceType family : {CovarianceType::spherical, CovarianceType::tied}) {
        Options options = options_for(family, 81);
        options.effort = Effort::low;
        const Known known(grid, fit(options, grid.view()).parameters);
        em::LogDeterminant log_determinant(options, make_ridge(options, summarize(grid.view())), known.context.table);
        const std::vector<em::Merge> merges =
            em::find_merges(known.parts, known.memberships, known.rows, known.scorer.numbers(), log_determinant, 1);
        CHECK(merges.size() <= 81 * 3);
        for (const em::Merge& merge : merges) CHECK(merge.a < merge.b && merge.b < 81);
    }
}

void a_component_on_two_clusters_is_cut_between_them() {
    const Grid grid(80, 2, 9);
    for (const CovarianceType family : families_of_all) {
        Options options = options_for(family, 3);
        std::vector<std::int64_t> labels;  // clusters 0 and 1 together
        for (Index i = 0; i < grid.n_rows(); ++i) labels.push_back(i % 4 < 2 ? 0 : i % 4 - 1);
        options.max_iter = 2;
        options.tol = 0;
        const Known known(grid, fit(options, grid.view(), {}, Labels{labels.data(), grid.n_rows()}).parameters);
        const std::vector<std::optional<em::Split>> splits = em::find_splits(
            known.parts, known.memberships, known.rows, known.scorer.numbers(), options, summarize(grid.view()), 1);
        CHECK(splits[0] && splits[0]->gain > 0.3);
        if (!splits[0]) continue;
        const double left = splits[0]->halves[0].mean[0];
        const double right = splits[0]->halves[1].mean[0];
        CHECK_CLOSE(std::fmin(left, right), 0, 0.5);
        CHECK_CLOSE(std::fmax(left, right), 9, 0.5);
        for (std::size_t k = 1; k < 3; ++k) CHECK(!splits[k] || splits[k]->gain < 0.1);
    }
}

void every_cluster_is_found() {
    for (const CovarianceType family : families_of_all) {
        for (const Index side : {3, 4, 9}) {
            const Grid grid(side == 9 ? 30 : 60, side, 7, 5);
            for (const Effort effort : {Effort::normal, Effort::high}) {
                Options options = options_for(family, side * side);
                options.effort = effort;
                const Model found = fit(options, grid.view());
                CHECK(found.events.empty());
                for (const double weight : found.parameters.weights) {
                    CHECK(weight * static_cast<double>(side * side) > 0.5);
                }
            }
        }
    }
}

/// Two clusters so many deviations apart, or copies of a row in place of the second one.
std::vector<double> far_apart(double apart, bool copies) {
    random::Generator generator(4, 0);
    std::vector<double> rows;
    for (Index i = 0; i < 400; ++i) {
        const bool second = i % 2 == 1;
        rows.push_back((second ? apart : 0) + (second && copies ? 0 : normal(generator)));
    }
    return rows;
}

void the_ridge_is_relative_to_narrow_clusters() {
    for (const CovarianceType family : {CovarianceType::full, CovarianceType::tied, CovarianceType::eei}) {
        for (const bool in_pieces : {false, true}) {
            const std::vector<double> rows = far_apart(1e6, false);
            const Pieces pieces(
                [&](Index i) { return i == 0 ? std::optional<Piece>(Piece{row_major(rows, 1), {}}) : std::nullopt; });
            const Options options = options_for(family, 2);
            const Model found = in_pieces ? fit(options, pieces) : fit(options, row_major(rows, 1));
            CHECK(found.events.empty());
            for (const double variance : found.parameters.covariances) CHECK_CLOSE(variance, 1, 0.2);
        }
    }
    const std::vector<double> rows = far_apart(1e6, true);
    std::vector<std::int64_t> labels;
    for (Index i = 0; i < 400; ++i) labels.push_back(i % 2);
    const Labels start(labels.data(), 400);
    Options options = options_for(CovarianceType::full, 2);
    const Model copies = fit(options, row_major(rows, 1), {}, start);
    CHECK(copies.collapsed == std::vector<Index>{1});
    CHECK(copies.parameters.covariances[1] < 1e-5);  // relative to the other cluster, not to all rows
    const std::vector<double> all_copies(400, 1.0);
    CHECK(fit(options_for(CovarianceType::diag, 2), row_major(all_copies, 1), {}, start).collapsed.size() < 3);
    options.reg_covar = 1;
    CHECK_CLOSE(fit(options, row_major(rows, 1), {}, start).parameters.covariances[1], 1, 1e-9);
}

void a_prior_is_heeded() {
    for (const CovarianceType family : families_of_all) {
        const Grid grid(20, 3, 6);
        Options options = options_for(family, 9);
        options.prior.emplace();
        const Model found = fit(options, grid.view());
        CHECK(found.events.empty() && found.status == Status::converged);
        options.tol = 1e-10;
        options.max_iter = 2000;
        const Model fast = fit(options, grid.view(), {}, found.parameters);
        options.acceleration = Acceleration::off;
        const Model plain = fit(options, grid.view(), {}, found.parameters);
        CHECK_CLOSE(fast.history.back(), plain.history.back(), 1e-8);
    }
}

void one_component_and_copies_of_rows_need_no_search() {
    const std::vector<double> rows{1, 1, 2, 2, 1, 1, 2, 2};
    for (const Index k : {1, 2, 3}) {
        const Model found = fit(options_for(CovarianceType::diag, k), row_major(rows.data(), 4, 2));
        CHECK_EQUAL(found.parameters.n_components, k);
    }
}

void an_accelerated_run_climbs_where_em_creeps() {
    const Grid grid(400, 2, 1.6, 9);
    for (const CovarianceType family : families_of_all) {
        for (const double reg_covar : {0.0, 0.05}) {
            Options options = options_for(family, 4);
            options.init = Init::random;
            options.reg_covar = reg_covar;
            options.tol = 1e-11;
            options.max_iter = 3000;
            const Model fast = fit(options, grid.view());
            for (std::size_t i = 1; i < fast.history.size(); ++i) {
                CHECK(fast.history[i] >= fast.history[i - 1] - 1e-10);
            }
            options.max_iter = 2;
            options.tol = 0;
            const Model more = fit(options, grid.view(), {}, fast.parameters);
            CHECK_CLOSE(more.history[1], more.history[0], 1e-9);
        }
    }
}

void runs_end_anywhere() {
    const Grid grid(100, 2, 1.6, 9);
    Options options = options_for(CovarianceType::full, 3);
    options.init = Init::random;
    options.tol = 1e-12;
    for (Index most = 1; most < 60; ++most) {
        const Model found = fit(options, grid.view(), {}, {}, {},
                                [most](const Progress& progress) { return progress.iteration < most; });
        CHECK(
            check::same_bits(found.scorer.numbers().log_constants, prepare(found.parameters).numbers().log_constants));
    }
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(coordinates_lead_there_and_back());
        TEST(the_gradient_is_that_of_the_likelihood({}));
        TEST(the_gradient_is_that_of_the_likelihood({{0}, {1}, {2}}));
        TEST(parts_add_up_to_what_they_were());
        TEST(a_merge_loses_less_than_it_says());
        TEST(what_too_few_rows_support_is_merged_first());
        TEST(of_many_components_near_ones_are_compared());
        TEST(a_component_on_two_clusters_is_cut_between_them());
        TEST(every_cluster_is_found());
        TEST(the_ridge_is_relative_to_narrow_clusters());
        TEST(a_prior_is_heeded());
        TEST(one_component_and_copies_of_rows_need_no_search());
        TEST(an_accelerated_run_climbs_where_em_creeps());
        TEST(runs_end_anywhere());
    });
}
