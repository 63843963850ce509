/// A model is used as it is: its scores, its sizes, the views that rows and results are given by.
#include <array>
#include <cstdint>

#include "check.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/gaussmix.hpp"
#include "two_clusters.hpp"

using namespace gaussmix;

namespace {

const TwoClusters data(60);

/// As std::span of C++20.
template <class T>
struct Span {
    using element_type = T;
    T* first;
    std::size_t n;
    T* data() const { return first; }
    std::size_t size() const { return n; }
};

Options two() {
    Options options;
    options.n_components = 2;
    return options;
}

bool same(const Model& a, const Model& b) {
    return check::same_bits(a.parameters.means, b.parameters.means) &&
           check::same_bits(a.parameters.covariances, b.parameters.covariances) &&
           check::same_bits(a.history, b.history);
}

void a_model_is_a_scorer_and_parameters() {
    const Model model = fit(two(), data.view());
    CHECK_EQUAL(score(model, data.view()), score(model.scorer, data.view()));
    CHECK_EQUAL(n_parameters(model), 11);
    const std::vector<std::int64_t> labels = predict(model, data.view());
    std::int64_t n_far = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) n_far += labels[i] == labels[0] ? 1 : 0;
    CHECK(labels.size() == 60 && n_far == 20);
    std::vector<double> room(60);
    score_samples(model, data.view(), room);
    CHECK(check::same_bits(room, score_samples(model, data.view())));
    const std::vector<double> probabilities = predict_proba(model, data.view());
    CHECK_EQUAL(probabilities.size(), 120);
    CHECK_CLOSE(probabilities[0] + probabilities[1], 1, 1e-15);
    const Drawn drawn = sample(model, 7, 3);
    std::array<double, 14> x{};
    std::int64_t drawn_labels[7];
    sample(model, 7, 3, x, drawn_labels);
    CHECK_EQUAL(drawn.x, std::vector<double>(x.begin(), x.end()));
    CHECK_EQUAL(drawn.labels, std::vector<std::int64_t>(drawn_labels, drawn_labels + 7));
    const Model given = make_model(model.parameters);
    CHECK(given.status == Status::given && given.history.empty());
    CHECK(check::same_bits(score_samples(given, data.view()), room));
}

void rooms_of_another_size_are_refused() {
    const Model model = fit(two(), data.view());
    for (const std::size_t n : {0, 59, 61, 120}) {
        std::vector<double> room(n);
        std::vector<std::int64_t> labels(n);
        CHECK_THROWS(score_samples(model, data.view(), room), Errc::invalid_argument);
        CHECK_THROWS(predict(model, data.view(), labels), Errc::invalid_argument);
        if (n != 120) CHECK_THROWS(predict_proba(model, data.view(), room), Errc::invalid_argument);
        if (n != 120) CHECK_THROWS(sample(model, 60, 0, room, labels), Errc::invalid_argument);
    }
    CHECK_THROWS(predict(model, MatrixView{}), Errc::invalid_argument);
    CHECK_THROWS(sample(model, -1, 0), Errc::invalid_argument);
}

/// Small whole numbers, which every type holds.
template <class T>
void any_type_gives_the_same_fit() {
    std::vector<double> wide;
    std::vector<T> narrow;
    for (int i = 0; i < 120; ++i) {
        wide.push_back((i / 2 % 3 == 0 ? 60 : 0) + i * i % 7);
        narrow.push_back(static_cast<T>(wide.back()));
    }
    const Model expected = fit(two(), row_major(wide, 2));
    const bool is_single = sizeof(T) == sizeof(float) && std::is_floating_point_v<T>;
    const auto check = [&](const MatrixView& x) {
        CHECK(x.n_rows == 60 && x.n_features == 2);
        const Model found = fit(two(), x);
        CHECK(is_single ? check::close(found.history.back(), expected.history.back(), 1e-5) : same(found, expected));
    };
    check(row_major(narrow, 2));
    check(row_major(narrow.data(), 60, 2));
    check(row_major(Span<const T>{narrow.data(), 120}, 2));
    std::vector<T> columns(120);
    for (std::size_t i = 0; i < 60; ++i) {
        for (std::size_t j = 0; j < 2; ++j) columns[j * 60 + i] = narrow[i * 2 + j];
    }
    check(column_major(columns, 2));
    check(strided(columns.data(), 60, 2, 1, 60));
    CHECK_THROWS(row_major(narrow, 7), Errc::invalid_argument);
    CHECK_THROWS(row_major(narrow, 0), Errc::invalid_argument);
}

void weights_and_labels_come_from_containers() {
    const std::vector<double> weights(60, 2.0);
    const Model expected = fit(two(), data.view(), {weights.data(), 60});
    CHECK(same(fit(two(), data.view(), weights), expected));
    CHECK(same(fit(two(), data.view(), Span<const double>{weights.data(), 60}), expected));
    const std::vector<double> none;  // is not "one each"
    CHECK_THROWS(fit(two(), data.view(), none), Errc::invalid_argument);
    CHECK(same(fit(two(), data.view(), {}, Labels(data.labels)),
               fit(two(), data.view(), {}, Labels{data.labels.data(), 60})));
}

void a_run_gives_its_model_at_any_time() {
    Options options = two();
    options.max_iter = 3;
    options.tol = 0;
    const Model start = fit(two(), data.view());
    Run run(options, summarize(data.view()), start.parameters);
    Shard shard(data.view());
    const Model before = run.model();
    CHECK(before.status == Status::running && before.n_iter == 0);
    CHECK(check::same_bits(score_samples(before, data.view()), score_samples(prepare(start.parameters), data.view())));
    while (!run.done()) run.advance(shard.moments(run));
    const Model after = run.model();
    CHECK(after.status == Status::max_iter && after.n_iter == 3 && after.history.size() == 3);
    CHECK(same(after, fit(options, data.view(), {}, start.parameters)));
}

void a_posterior_makes_a_model() {
    Options options = two();
    options.prior.emplace();
    options.variational.emplace();
    const Model fitted = fit(options, data.view());
    const Model made = make_model(fitted.parameters, *fitted.posterior);
    CHECK(made.status == Status::given && made.posterior.has_value());
    CHECK(check::same_bits(score_samples(made, data.view()), score_samples(fitted, data.view())));
    Posterior wrong = *fitted.posterior;
    wrong.mean_precision.pop_back();
    CHECK_THROWS(make_model(fitted.parameters, wrong), Errc::invalid_argument);
}

/// Covariances as matrices and as variances, whatever the family keeps.
void covariances_are_read_alike(CovarianceType family) {
    Options options = two();
    options.covariance_type = family;
    const Parameters parameters = fit(options, data.view()).parameters;
    const std::vector<double> all = variances(parameters);
    CHECK_EQUAL(all.size(), 4);
    for (Index k = 0; k < 2; ++k) {
        const std::vector<double> matrix = covariance_matrix(parameters, k);
        const auto first = static_cast<std::size_t>(2 * k);
        CHECK_EQUAL(matrix.size(), 4);
        CHECK(matrix[0] == all[first] && matrix[3] == all[first + 1] && matrix[1] == matrix[2]);
        const std::vector<double> turned = covariance_matrix(parameters, k, {1, 0});
        CHECK(turned[0] == matrix[3] && turned[3] == matrix[0] && turned[1] == matrix[1]);
        CHECK_EQUAL(covariance_matrix(parameters, k, {1}), std::vector<double>{matrix[3]});
    }
    const bool one = shares_covariance(family);
    CHECK(!one || (all[0] == all[2] && all[1] == all[3]));
    const std::vector<Index> whole = covariances_shape(family, 2, 2);
    const std::vector<Index> single = covariance_shape(family, 2);
    CHECK_EQUAL(whole.size(), single.size() + (one ? 0 : 1));
    CHECK_THROWS(covariance_matrix(parameters, 2), Errc::invalid_argument);
    CHECK_THROWS(covariance_matrix(parameters, -1), Errc::invalid_argument);
    CHECK_THROWS(covariance_matrix(parameters, 0, {2}), Errc::invalid_argument);
    Parameters wild = parameters;
    wild.covariance_type = static_cast<CovarianceType>(77);
    CHECK_THROWS(variances(wild), Errc::invalid_argument);
    CHECK_THROWS(covariance_shape(wild.covariance_type, 2), Errc::invalid_argument);
}

/// Without a search: from clusters of all rows, or of a sample of many.
void fits_without_a_search_end_as_others_do(CovarianceType family, const TwoClusters& rows) {
    const Options plain = [family] {
        Options options = two();
        options.covariance_type = family;
        return options;
    }();
    const Model searched = fit(plain, rows.view());
    for (const Acceleration acceleration : {Acceleration::automatic, Acceleration::off, Acceleration::classic}) {
        for (const bool variational : {false, true}) {
            if (variational && plain_family(family) != family) continue;
            Options options = plain;
            options.effort = Effort::low;
            options.acceleration = acceleration;
            options.n_init = 2;
            if (variational) {
                options.prior.emplace();
                options.variational.emplace();
                options.tol = 1;  // of the bound of all rows
            }
            Execution one;
            one.n_threads = 1;
            Execution three;
            three.n_threads = 3;
            const Model model = fit(options, rows.view(), {}, {}, one);
            CHECK(same(model, fit(options, rows.view(), {}, {}, three)));
            Index watched = 0;
            const Model seen = fit(options, rows.view(), {}, {}, one, [&](const Progress&) {
                ++watched;
                return true;
            });
            CHECK(same(model, seen) && watched >= seen.n_iter);
            CHECK(model.status == Status::converged);
            CHECK_CLOSE(score(model, rows.view()), score(searched, rows.view()), variational ? 0.1 : 1e-2);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(a_model_is_a_scorer_and_parameters());
        TEST(rooms_of_another_size_are_refused());
        TEST(any_type_gives_the_same_fit<double>());
        TEST(any_type_gives_the_same_fit<float>());
        TEST(any_type_gives_the_same_fit<std::int8_t>());
        TEST(any_type_gives_the_same_fit<std::uint8_t>());
        TEST(any_type_gives_the_same_fit<short>());
        TEST(any_type_gives_the_same_fit<std::uint16_t>());
        TEST(any_type_gives_the_same_fit<int>());
        TEST(any_type_gives_the_same_fit<unsigned>());
        TEST(any_type_gives_the_same_fit<long>());
        TEST(any_type_gives_the_same_fit<long long>());
        TEST(any_type_gives_the_same_fit<unsigned long long>());
        TEST(weights_and_labels_come_from_containers());
        TEST(a_run_gives_its_model_at_any_time());
        TEST(a_posterior_makes_a_model());
        const TwoClusters many(20000);
        for (const CovarianceType family : all_families()) {
            TEST(covariances_are_read_alike(family));
            TEST(fits_without_a_search_end_as_others_do(family, data));
            TEST(fits_without_a_search_end_as_others_do(family, many));
        }
    });
}
