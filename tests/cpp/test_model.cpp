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
    });
}
