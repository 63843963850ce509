/// Labels of some rows, and components that rows may have come from, as a C++ host gives them.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "check.hpp"
#include "gaussmix/gaussmix.hpp"
#include "two_clusters.hpp"

using namespace gaussmix;

namespace {

const TwoClusters rows(301);
const std::vector<std::uint8_t> crossed = {0, 1, 0, 1, 0, 0};  // label 0 is component 1, and neither is the background

/// The labels of every seventh row.
std::vector<std::int64_t> some_labels() {
    std::vector<std::int64_t> labels(rows.labels.size(), -1);
    for (std::size_t i = 0; i < labels.size(); i += 7) labels[i] = rows.labels[i];
    return labels;
}

AllowedView by_labels(const std::vector<std::int64_t>& labels) {
    return {crossed.data(), 2, 3, labels.data(), signed_size(labels)};
}

Options options_for(CovarianceType family) {
    Options options;
    options.n_components = 2;
    options.covariance_type = family;
    return options;
}

bool is_crossed(const Model& model) {
    const std::vector<std::int64_t> found = predict(model, rows.view());
    Index n_wrong = 0;
    for (std::size_t i = 0; i < found.size(); ++i) n_wrong += found[i] != 1 - rows.labels[i] ? 1 : 0;
    return n_wrong <= 3;
}

void components_are_those_of_their_labels(CovarianceType family) {
    const std::vector<std::int64_t> labels = some_labels();
    for (const Effort effort : {Effort::low, Effort::normal}) {
        Options options = options_for(family);
        options.effort = effort;
        const Model model = fit(options, Piece{rows.view(), {}, by_labels(labels)});
        CHECK(is_crossed(model));
        for (std::size_t i = 1; i < model.history.size(); ++i) {
            CHECK(model.history[i] >= model.history[i - 1] - 1e-12);
        }
    }
}

/// The likelihood is that of rows and their labels.
void the_objective_is_the_joint_likelihood() {
    const std::vector<std::int64_t> labels = some_labels();
    Options options = options_for(CovarianceType::full);
    options.acceleration = Acceleration::classic;
    const Model start = fit(options, Piece{rows.view(), {}, by_labels(labels)});
    options.max_iter = 1;
    options.tol = 0;
    const Model one = fit(options, Piece{rows.view(), {}, by_labels(labels)}, start.parameters);
    const std::vector<double> logs = score_samples(start, rows.view());
    const std::vector<double> shares = predict_proba(start, rows.view());
    double sum = 0;
    for (Index i = 0; i < rows.n_rows; ++i) {
        sum += logs[i] + (labels[i] < 0 ? 0.0 : std::log(shares[2 * i + 1 - labels[i]]));
    }
    CHECK_CLOSE(one.history.front(), sum / static_cast<double>(rows.n_rows), 1e-10);
}

void rows_may_have_sets_of_their_own() {
    std::vector<std::uint8_t> sets(2 * rows.n_rows, 1);
    for (Index i = 0; i < rows.n_rows; i += 5) sets[2 * i + rows.labels[i]] = 0;
    for (const Init init : {Init::kmeans, Init::kmeans_plusplus, Init::random_from_data}) {
        Options options = options_for(CovarianceType::full);
        options.init = init;
        CHECK(is_crossed(fit(options, Piece{rows.view(), {}, {sets.data(), rows.n_rows, 2, nullptr, rows.n_rows}})));
    }
}

void pieces_and_shards_carry_them() {
    const std::vector<std::int64_t> labels = some_labels();
    const AllowedView allowed = by_labels(labels);
    const auto part = [&](Index begin, Index end) {
        Piece piece{row_major(rows.values.data() + 2 * begin, end - begin, 2)};
        piece.allowed = allowed;
        piece.allowed.set_of += begin;
        piece.allowed.n_rows = end - begin;
        return piece;
    };
    const Pieces pieces = [&](Index i) -> std::optional<Piece> {
        if (i == 0) return part(0, 100);
        if (i == 1) return part(100, rows.n_rows);
        return std::nullopt;
    };
    const Options options = options_for(CovarianceType::full);
    const Model model = fit(options, pieces);
    CHECK(is_crossed(model));
    Shard first(part(0, 100));
    Shard second(part(100, rows.n_rows));
    Run run(options, merge(first.summary(), second.summary()), model.parameters);
    const Moments under = first.moments(run.scorer(), Scatter::full);
    CHECK_EQUAL(under.weights[0], first.moments(run).weights[0]);
    while (!run.done()) run.advance(merge(first.moments(run), second.moments(run)));
    CHECK(is_crossed(std::move(run).model()));
    const auto both = [&](const Scorer& scorer) {
        std::vector<double> sum = first.affinity(scorer);
        const std::vector<double> other = second.affinity(scorer);
        for (std::size_t at = 0; at < sum.size(); ++at) sum[at] += other[at];
        return sum;
    };
    RemoteRows elsewhere{
        [&] { return merge(first.summary(), second.summary()); },
        [&](const Summary& all, Index size, std::uint64_t seed) { return draw(rows.view(), {}, all, size, seed, 0); },
        [&](const Scorer& scorer, Scatter scatter) {
            return merge(first.moments(scorer, scatter), second.moments(scorer, scatter));
        },
        both};
    CHECK(is_crossed(fit(options, elsewhere)));
    elsewhere.affinity = [](const Scorer&) { return std::vector<double>(3); };
    CHECK_THROWS(fit(options, elsewhere), Errc::invalid_argument);
    CHECK_EQUAL(Shard(rows.view()).affinity(model.scorer), std::vector<double>(4));
    Piece wrong = part(0, 100);
    const std::vector<std::uint8_t> ones(10, 1);
    wrong.allowed.sets = ones.data();
    wrong.allowed.n_terms = 5;
    Shard of_one(wrong);
    CHECK_THROWS(of_one.affinity(model.scorer), Errc::invalid_argument);
    CHECK_THROWS(of_one.moments(Run(options, first.summary(), model.parameters)), Errc::invalid_argument);
}

void rows_with_holes_carry_them() {
    std::vector<double> holed = rows.values;
    for (std::size_t i = 3; i < holed.size(); i += 11) holed[i] = std::numeric_limits<double>::quiet_NaN();
    const std::vector<std::int64_t> labels = some_labels();
    const Piece piece{with_missing(row_major(holed.data(), rows.n_rows, 2)), {}, by_labels(labels)};
    CHECK(is_crossed(fit(options_for(CovarianceType::full), piece)));
}

void labelled_rows_are_no_noise() {
    std::vector<double> values = rows.values;
    values.insert(values.end(), {100, 100, -100, 100});
    std::vector<std::int64_t> labels = some_labels();
    labels.insert(labels.end(), {-1, -1});
    Options options = options_for(CovarianceType::full);
    options.noise.emplace();
    const MatrixView view = row_major(values.data(), rows.n_rows + 2, 2);
    const std::vector<std::int64_t> free = predict(fit(options, Piece{view, {}, by_labels(labels)}), view);
    CHECK(free[rows.n_rows] == -1 && free[rows.n_rows + 1] == -1);
    labels[rows.n_rows] = 0;
    const Model held = fit(options, Piece{view, {}, by_labels(labels)});
    CHECK(held.parameters.covariances[4] > 10);
}

/// A class of two components, and one component of no class.
void classes_may_own_several() {
    std::vector<double> values = rows.values;
    std::vector<std::int64_t> labels = some_labels();
    for (Index i = 0; i < 100; ++i) {
        const double step = static_cast<double>(i % 10) / 10 + static_cast<double>(i) / 500;
        values.insert(values.end(), {-20 + step, static_cast<double>(i % 7) / 7});
        labels.push_back(i % 9 == 0 ? 0 : -1);
        values.insert(values.end(), {20 - step, 20 + static_cast<double>(i % 5) / 5});
        labels.push_back(-1);
    }
    const std::vector<std::uint8_t> sets = {1, 1, 0, 0, 0, 0, 1, 0};  // component 3 is of no label
    Options options = options_for(CovarianceType::diag);
    options.n_components = 4;
    const MatrixView view = row_major(values.data(), signed_size(labels), 2);
    const Model model = fit(options, Piece{view, {}, {sets.data(), 2, 4, labels.data(), signed_size(labels)}});
    const std::vector<std::int64_t> found = predict(model, view);
    for (Index i = rows.n_rows; i < signed_size(labels); i += 2) {
        CHECK(found[i] < 2);
        CHECK_EQUAL(found[i + 1], 3);
    }
}

/// Cells of two components, whose labels are crossed, and of three, the last of which no label owns.
void selections_know_labels() {
    const std::vector<std::uint8_t> of_three = {0, 1, 0, 0, 1, 0, 0, 0};
    for (const Index copies : {1, 40}) {  // on all rows, and on a sample first
        std::vector<double> values;
        std::vector<std::int64_t> labels;
        for (Index copy = 0; copy < copies; ++copy) {
            for (const double value : rows.values) values.push_back(value + 0.001 * static_cast<double>(copy));
            for (const std::int64_t label : some_labels()) labels.push_back(label);
        }
        const Index n = signed_size(labels);
        const MatrixView view = row_major(values.data(), n, 2);
        const std::vector<AllowedView> allowed = {{crossed.data(), 2, 3, labels.data(), n},
                                                  {of_three.data(), 2, 4, labels.data(), n}};
        SelectOptions options;
        options.covariance_types = {CovarianceType::diag, CovarianceType::full};
        options.n_components = {2, 3};
        for (const Cell& cell : select(options, view, {}, {}, {}, allowed)) {
            CHECK(cell.model.has_value());
            const std::vector<std::int64_t> found = predict(*cell.model, view);
            Index n_wrong = 0;
            for (Index i = 0; i < n; ++i) n_wrong += labels[i] >= 0 && found[i] != 1 - labels[i] ? 1 : 0;
            CHECK(n_wrong <= n / 50);
            CHECK(cell.evidence.log_likelihood < evidence(*cell.model, view).log_likelihood);
        }
        CHECK_THROWS(select(options, view, {}, {}, {}, {allowed[0]}), Errc::invalid_argument);
        CHECK_THROWS(select(options, view, {}, {}, {}, {allowed[1], allowed[1]}), Errc::invalid_argument);
    }
}

void what_cannot_be_is_refused() {
    const std::vector<std::int64_t> labels = some_labels();
    const Options options = options_for(CovarianceType::full);
    const auto refused = [&](const AllowedView& allowed) {
        CHECK_THROWS(fit(options, Piece{rows.view(), {}, allowed}), Errc::invalid_argument);
    };
    AllowedView allowed = by_labels(labels);
    allowed.n_rows = 5;
    refused(allowed);
    allowed = by_labels(labels);
    allowed.n_terms = 0;
    refused(allowed);
    allowed.n_terms = 1;  // of which none is left to label 0
    refused(allowed);
    const std::vector<std::uint8_t> ones(5 * rows.n_rows, 1);
    refused({ones.data(), 2, 4, labels.data(), rows.n_rows});
    refused({ones.data(), 1, 2, labels.data(), rows.n_rows});
    refused({ones.data(), 7, 2, nullptr, 7});
    std::vector<std::uint8_t> none(2 * rows.n_rows, 1);
    none[8] = none[9] = 0;
    refused({none.data(), rows.n_rows, 2, nullptr, rows.n_rows});
    const std::vector<std::uint8_t> background = {1, 1, 0, 0, 0, 1};  // the second set has nothing else
    refused({background.data(), 2, 3, labels.data(), rows.n_rows});
    const Pieces pieces = [&](Index i) -> std::optional<Piece> {
        if (i > 0) return std::nullopt;
        return Piece{rows.view(), {}, {ones.data(), rows.n_rows, 5, nullptr, rows.n_rows}};
    };
    CHECK_THROWS(fit(options, pieces), Errc::invalid_argument);
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        for (const CovarianceType family : all_families()) TEST(components_are_those_of_their_labels(family));
        TEST(the_objective_is_the_joint_likelihood());
        TEST(rows_may_have_sets_of_their_own());
        TEST(pieces_and_shards_carry_them());
        TEST(rows_with_holes_carry_them());
        TEST(labelled_rows_are_no_noise());
        TEST(classes_may_own_several());
        TEST(selections_know_labels());
        TEST(what_cannot_be_is_refused());
    });
}
