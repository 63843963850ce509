/// A uniform background as a C++ host meets it: its volume, its share of moments and M-steps, fits, samples and files.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "check.hpp"
#include "gaussmix/gaussmix.hpp"
#include "two_clusters.hpp"

using namespace gaussmix;

namespace {

constexpr Index n_noise = 60;
constexpr double half = 40;  // of the side of the square that noise fills
const double log_square = 2 * std::log(2 * half);

/// Two clusters, and a grid of rows about them.
struct Rows {
    Rows() : clusters(240), values(clusters.values), labels(clusters.labels) {
        std::uint64_t state = 7;
        const auto uniform = [&state] {
            state = state * 48271 % 2147483647;
            return half * (2 * static_cast<double>(state) / 2147483647.0 - 1);
        };
        for (Index i = 0; i < n_noise; ++i) {
            const bool corner = i < 2;
            const double end = i == 0 ? half : -half;
            values.push_back(corner ? end : uniform());
            values.push_back(corner ? end : uniform());
            labels.push_back(-1);
        }
    }
    Index n() const { return signed_size(labels); }
    MatrixView view() const { return row_major(values.data(), n(), 2); }
    Sample sample() const { return {2, values, std::vector<double>(labels.size(), 1.0)}; }

    TwoClusters clusters;
    std::vector<double> values;
    std::vector<std::int64_t> labels;
};

Options options_for(CovarianceType family) {
    Options options;
    options.n_components = 2;
    options.covariance_type = family;
    options.noise.emplace();
    return options;
}

bool is_right(const Model& model, const Rows& rows) {
    const std::vector<std::int64_t> labels = predict(model, rows.view());
    Index n_wrong = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) n_wrong += (labels[i] < 0) != (rows.labels[i] < 0) ? 1 : 0;
    return model.parameters.noise && n_wrong <= 12;  // where families cannot tell the clusters' spreads apart
}

void fits_leave_outliers_to_it(CovarianceType family) {
    const Rows rows;
    const Options options = options_for(family);
    const Model model = fit(options, rows.view());
    CHECK(is_right(model, rows));
    CHECK_CLOSE(model.parameters.noise->weight, 0.2, 0.05);
    CHECK_CLOSE(model.parameters.noise->log_volume, log_square, 1e-9);
    CHECK(is_right(fit(options, rows.view(), {}, Labels{rows.labels.data(), rows.n()}), rows));
    Options guessed = options;
    guessed.noise->weight = 0.3;
    guessed.effort = Effort::low;
    CHECK(is_right(fit(guessed, rows.view()), rows));
    guessed.max_iter = 0;
    CHECK_CLOSE(fit(guessed, rows.view()).parameters.noise->weight, 0.3, 1e-12);
    Options plain = options;
    plain.noise.reset();
    const Model without = fit(plain, rows.view(), {}, model.parameters);
    CHECK(!without.parameters.noise);
    CHECK_EQUAL(n_parameters(model.parameters), n_parameters(without.parameters) + 2);
}

void a_fit_of_pieces_is_that_of_all_rows() {
    const Rows rows;
    Options options = options_for(CovarianceType::full);
    const Pieces pieces = [&](Index i) -> std::optional<Piece> {
        if (i > 2) return std::nullopt;
        const Index from = 100 * i;
        return Piece{row_major(rows.values.data() + 2 * from, 100, 2), {}};
    };
    const Model model = fit(options, pieces);
    CHECK(is_right(model, rows));
    CHECK_CLOSE(model.parameters.noise->log_volume, log_square, 1e-9);
    options.noise->log_volume = 9;
    const Model given = fit(options, pieces, model.parameters);
    CHECK_EQUAL(given.parameters.noise->log_volume, 9.0);
    CHECK(is_right(given, rows));
}

void shards_and_runs_count_it() {
    const Rows rows;
    Options options = options_for(CovarianceType::tied);
    const Summary summary = summarize(rows.view());
    Parameters start{CovarianceType::tied, 2, 2, {0.5, 0.5}, {0, 1, 10, -4}, {1, 0, 0, 1}};
    CHECK_THROWS(Run(options, summary, start), Errc::invalid_argument);  // its volume is open
    options.noise = complete(*options.noise, options, summary);
    CHECK_CLOSE(*options.noise->log_volume, log_square, 1e-12);
    Run run(options, summary, start);
    CHECK_CLOSE(run.parameters().noise->weight, 0.05, 1e-12);
    CHECK_CLOSE(run.parameters().weights[0], 0.475, 1e-12);
    Shard first(row_major(rows.values.data(), 100, 2));
    Shard second(row_major(rows.values.data() + 200, rows.n() - 100, 2));
    while (!run.done()) {
        const Moments a = first.moments(run);
        const Moments b = second.moments(run);
        const Moments sum = merge(a, b);
        CHECK(a.has_background() && sum.has_background());
        CHECK_CLOSE(sum.weights[0] + sum.weights[1] + sum.weights[2], static_cast<double>(rows.n()), 1e-9);
        const std::vector<std::uint8_t> sent = to_bytes(sum);
        CHECK(moments_from_bytes(sent.data(), sent.size()).weights == sum.weights);
        const Moments faded = stepwise(sum, sum, 0.5);
        CHECK_CLOSE(faded.weights[2], 1.5 * sum.weights[2], 1e-12);
        Moments without = b;
        without.weights.pop_back();
        CHECK_THROWS(merge(a, without), Errc::invalid_argument);
        std::vector<Event> events;
        const Parameters next =
            update(sum, CovarianceType::tied, make_ridge(options, summary), {}, 1, events, *options.noise->log_volume);
        CHECK_CLOSE(next.noise->weight, sum.weights[2] / sum.total_weight, 1e-12);
        CHECK_CLOSE(next.noise->log_volume, log_square, 1e-12);
        run.advance(sum);
    }
    CHECK(is_right(run.model(), rows));
    const Parameters& found = run.parameters();
    const Moments again = moments_of(found, 100, make_ridge(options, summary));
    CHECK_CLOSE(again.weights.back(), 100 * found.noise->weight, 1e-12);
}

void a_run_may_start_from_moments(bool with_background) {
    const Rows rows;
    Options options = options_for(CovarianceType::full);
    options.noise->log_volume = log_square;
    const Summary summary = summarize(rows.view());
    Parameters rough{CovarianceType::full, 2, 2, {0.5, 0.5}, {0, 1, 10, -4}, {9, 0, 0, 9, 9, 0, 0, 9}};
    if (with_background) {
        rough.weights = {0.4, 0.4};
        rough.noise = Noise{0.2, log_square};
    }
    Run run(options, summary, accumulate(prepare(rough), Scatter::full, rows.view()));
    while (!run.done()) run.advance(accumulate(run.scorer(), Scatter::full, rows.view()));
    CHECK(is_right(run.model(), rows));
}

void the_volume_is_that_of_the_least_box() {
    const Rows rows;
    const Options options = options_for(CovarianceType::full);
    const Summary summary = summarize(rows.view());
    const NoiseOptions of_box = complete({}, options, summary, rows.sample());
    CHECK_CLOSE(*of_box.log_volume, log_square, 1e-12);
    NoiseOptions given;
    given.log_volume = 3;
    CHECK_EQUAL(*complete(given, options, summary, rows.sample()).log_volume, 3.0);
    Sample other = rows.sample();
    other.n_features = 3;
    CHECK_THROWS(complete({}, options, summary, other), Errc::invalid_argument);

    // A thin line along the diagonal lies in a small box along its axes.
    std::vector<double> line;
    for (int i = 0; i < 200; ++i) {
        line.push_back(i + 0.5 * (i % 2));
        line.push_back(i - 0.5 * (i % 2));
    }
    const Sample sample{2, line, std::vector<double>(200, 1.0)};
    const NoiseOptions along = complete({}, options, summarize(row_major(line, 2)), sample);
    CHECK(*along.log_volume < 2 * std::log(199.0) - 3);
}

void far_rows_do_not_count() {
    const Options options = options_for(CovarianceType::diag);
    const auto volume = [&](std::vector<double> values) {
        const MatrixView x = row_major(values, 1);
        const Sample sample{1, values, std::vector<double>(values.size(), 1.0)};
        return *complete({}, options, summarize(x), sample).log_volume;
    };
    std::vector<double> even;
    for (int i = 0; i <= 300; ++i) even.push_back(i);
    CHECK_CLOSE(volume(even), std::log(300.0), 1e-12);
    std::vector<double> far = even;
    far.push_back(1e6);
    far.push_back(-1e9);
    CHECK_CLOSE(volume(far), std::log(300.0), 1e-12);
    std::vector<double> near = even;
    near.push_back(1200);
    CHECK_CLOSE(volume(near), std::log(1200.0), 1e-12);
    std::vector<double> tied(300, 5.0);  // nearly constant: all that varies is one row
    tied.push_back(7);
    CHECK_CLOSE(volume(tied), std::log(2.0), 1e-12);
    CHECK_CLOSE(volume({1, 4}), std::log(3.0), 1e-12);
}

void a_far_row_says_nothing_about_clusters(double far) {
    Rows rows;
    rows.values.insert(rows.values.end(), {far, -far});
    rows.labels.push_back(-1);
    const Options options = options_for(CovarianceType::full);
    CHECK(is_right(fit(options, rows.view()), rows));
    const Pieces pieces = [&](Index i) {
        const Index n = rows.n() / 2;
        const double* first = rows.values.data() + i * n * 2;
        if (i > 1) return std::optional<Piece>();
        return std::optional<Piece>({row_major(first, i == 0 ? n : rows.n() - n, 2), {}});
    };
    CHECK(is_right(fit(options, pieces), rows));
    SelectOptions choice;
    choice.covariance_types = {CovarianceType::full};
    choice.n_components = {2};
    choice.fit.noise.emplace();
    const std::vector<Cell> cells = select(choice, rows.view());
    CHECK(cells.front().model && is_right(*cells.front().model, rows));
}

void constant_features_are_told(CovarianceType family) {
    const Rows rows;
    std::vector<double> values;
    for (Index i = 0; i < rows.n(); ++i) {
        values.insert(values.end(), {rows.values[2 * i], 3.0, rows.values[2 * i + 1]});
    }
    const Model model = fit(options_for(family), row_major(values, 3));
    CHECK(std::isfinite(model.parameters.noise->log_volume));
    Index n_told = 0;
    for (const Event& event : model.events) {
        if (event.act != Act::constant) continue;
        ++n_told;
        CHECK_EQUAL(event.component, 1);
        CHECK(describe(event).find("feature 1 is constant") == 0);
    }
    CHECK_EQUAL(n_told, 1);
    CHECK_EQUAL(name(Act::constant), "constant");
    CHECK(act_from_name("constant") == Act::constant);
}

Parameters with_noise(CovarianceType family) {
    Parameters parameters{family, 2, 2, {0.5, 0.25}, {0, 0, 6, 6}, {}};
    parameters.covariances =
        family == CovarianceType::full ? std::vector<double>{1, 0, 0, 1, 1, 0, 0, 1} : std::vector<double>{1, 1, 1, 1};
    parameters.noise = Noise{0.25, 7};
    return parameters;
}

void samples_fill_its_volume(CovarianceType family) {
    const Parameters parameters = with_noise(family);
    constexpr Index n = 20000;
    const Drawn drawn = sample(parameters, n, 3);
    double low[2] = {1e9, 1e9};
    double high[2] = {-1e9, -1e9};
    Index count = 0;
    for (Index i = 0; i < n; ++i) {
        CHECK(drawn.labels[i] >= -1 && drawn.labels[i] < 2);
        if (drawn.labels[i] >= 0) continue;
        ++count;
        for (Index j = 0; j < 2; ++j) {
            low[j] = std::min(low[j], drawn.x[2 * i + j]);
            high[j] = std::max(high[j], drawn.x[2 * i + j]);
        }
    }
    CHECK_CLOSE(static_cast<double>(count) / n, 0.25, 0.02);
    CHECK_CLOSE(std::log((high[0] - low[0]) * (high[1] - low[1])), 7.0, 0.01);
    CHECK_CLOSE((high[0] + low[0]) / 2, 2.0, 0.2);
}

void files_hold_it() {
    Model model = make_model(with_noise(CovarianceType::full));
    model.status = Status::converged;
    model.events.push_back({0, 1, Act::constant});
    const std::string path = "test_noise.safetensors";
    save(model, path);
    const Model loaded = load(path);
    CHECK_EQUAL(loaded.parameters.noise->weight, 0.25);
    CHECK_EQUAL(loaded.parameters.noise->log_volume, 7.0);
    CHECK(loaded.events[0].act == Act::constant);
    CHECK(!loaded.parameters.noise->box.known());
    model.parameters.noise->box = {{1, 2}, {3, 4}};
    save(model, path);
    CHECK(load(path).parameters.noise->box.middle == std::vector<double>({1, 2}));
    CHECK(load(path).parameters.noise->box.log_widths == std::vector<double>({3, 4}));
    model.parameters.noise->box.log_widths[0] = 4;
    CHECK_THROWS(save(model, path), Errc::invalid_argument);
    model.parameters.noise->box = {};
    model.events[0].component = 2;
    CHECK_THROWS(save(model, path), Errc::invalid_argument);
    std::remove(path.c_str());
}

void what_cannot_be_is_refused() {
    const Rows rows;
    const auto refused = [&](auto change) {
        Options options = options_for(CovarianceType::full);
        change(options);
        CHECK_THROWS(fit(options, rows.view()), Errc::invalid_argument);
    };
    refused([](Options& options) { options.noise->weight = 0; });
    refused([](Options& options) { options.noise->weight = 1; });
    refused([](Options& options) { options.noise->box = {{0}, {1}}; });
    refused([](Options& options) { options.noise->box = {{0, 0}, {}}; });
    refused([](Options& options) { options.noise->box = {{0, 0}, {1, INFINITY}}; });
    refused([](Options& options) { *options.noise = {{}, 3, {}, {{0, 0}, {1, 1}}}; });
    refused([](Options& options) { options.noise->log_volume = std::numeric_limits<double>::infinity(); });
    refused([](Options& options) {
        options.prior.emplace();
        options.variational.emplace();
    });
    Parameters parameters = with_noise(CovarianceType::full);
    CHECK_THROWS(prepare(parameters, Posterior{{1, 1}, {1, 1}, {3, 3}}), Errc::invalid_argument);
    parameters.noise->weight = 0.5;
    CHECK_THROWS(validate(parameters), Errc::invalid_argument);
    parameters.noise->weight = -0.25;
    CHECK_THROWS(validate(parameters), Errc::invalid_argument);
    parameters.noise = Noise{0.25, std::numeric_limits<double>::quiet_NaN()};
    CHECK_THROWS(validate(parameters), Errc::invalid_argument);
    Options options = options_for(CovarianceType::full);
    const std::vector<std::int64_t> labels(rows.labels.size(), -2);
    CHECK_THROWS(fit(options, rows.view(), {}, Labels{labels.data(), rows.n()}), Errc::invalid_argument);
    const std::vector<std::int64_t> none(rows.labels.size(), -1);
    CHECK_THROWS(fit(options, rows.view(), {}, Labels{none.data(), rows.n()}), Errc::invalid_argument);
}

void it_may_take_all_rows() {
    const Rows rows;
    Options options = options_for(CovarianceType::tied);
    options.noise->log_volume = -4000;
    const Model model = fit(options, rows.view());
    CHECK_EQUAL(model.parameters.noise->weight, 1.0);
    for (const std::int64_t label : predict(model, rows.view())) CHECK_EQUAL(label, -1);
    Options plain = options;
    plain.noise.reset();
    CHECK_THROWS(fit(plain, rows.view(), {}, model.parameters), Errc::invalid_argument);
}

void weights_are_held_up_where_it_takes_all_rows(CovarianceType family) {
    const Rows rows;
    Options options = options_for(family);
    options.noise->log_volume = -4000;
    options.bounds.least_weight = 0.01;
    const Model model = fit(options, rows.view());
    for (const double weight : model.parameters.weights) CHECK_CLOSE(weight, 0.01, 1e-12);
    for (const std::int64_t label : predict(model, rows.view())) CHECK_EQUAL(label, -1);
}

void selections_may_have_it() {
    const Rows rows;
    SelectOptions options;
    options.covariance_types = {CovarianceType::full, CovarianceType::tied, CovarianceType::eii};
    options.n_components = {1, 2, 3};
    options.fit.noise.emplace();
    Cell best;
    double least = std::numeric_limits<double>::infinity();
    for (Cell& cell : select(options, rows.view())) {
        CHECK(cell.model && cell.model->parameters.noise);
        if (!cell.model || !cell.why.empty()) continue;
        const double bic = criteria(cell.evidence, n_parameters(cell.model->parameters)).bic;
        if (bic < least) best = std::move(cell);
        least = std::min(least, bic);
    }
    CHECK_EQUAL(best.n_components, 2);
    CHECK(is_right(*best.model, rows));
    options.fit.noise->weight = 2;
    CHECK_THROWS(select(options, rows.view()), Errc::invalid_argument);
    options.fit.noise->weight.reset();
    std::vector<double> constant;
    for (Index i = 0; i < rows.n(); ++i) {
        constant.insert(constant.end(), {rows.values[2 * i], 3.0, rows.values[2 * i + 1]});
    }
    options.n_components = {2};
    const std::vector<Cell> cells = select(options, row_major(constant, 3));
    CHECK(cells[0].why.empty());
    CHECK(cells[2].why.find("constant feature") != std::string::npos);
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        for (const CovarianceType family : all_families()) TEST(fits_leave_outliers_to_it(family));
        TEST(a_fit_of_pieces_is_that_of_all_rows());
        TEST(shards_and_runs_count_it());
        for (const bool with_background : {false, true}) TEST(a_run_may_start_from_moments(with_background));
        TEST(the_volume_is_that_of_the_least_box());
        TEST(far_rows_do_not_count());
        for (const double far : {1e4, 1e8}) TEST(a_far_row_says_nothing_about_clusters(far));
        for (const CovarianceType family : {CovarianceType::full, CovarianceType::diag, CovarianceType::spherical}) {
            TEST(constant_features_are_told(family));
        }
        for (const CovarianceType family : {CovarianceType::full, CovarianceType::diag})
            TEST(samples_fill_its_volume(family));
        TEST(files_hold_it());
        TEST(what_cannot_be_is_refused());
        TEST(it_may_take_all_rows());
        for (const CovarianceType family : all_families()) TEST(weights_are_held_up_where_it_takes_all_rows(family));
        TEST(selections_may_have_it());
    });
}
