/// Shards: rows that a host keeps in memory and drives a run over.
#include <limits>

#include "check.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/gaussmix.hpp"

using namespace gaussmix;

namespace {

constexpr CovarianceType families[] = {CovarianceType::full, CovarianceType::tied, CovarianceType::diag,
                                       CovarianceType::spherical};
constexpr Index n_components = 16;

/// Clusters far enough apart for passes to leave pairs out, every tenth row without weight.
template <class T>
struct Rows {
    explicit Rows(Index n_rows, Index n_features_ = 8) : n(n_rows), d(n_features_) {
        std::uint64_t state = 1;
        const auto uniform = [&state] {
            state = state * 48271 % 2147483647;
            return static_cast<double>(state) / 2147483647.0;
        };
        for (Index i = 0; i < n; ++i) {
            const Index cluster = i % n_components;
            for (Index j = 0; j < d; ++j) {
                const double place = (cluster >> (j % 4)) % 2 == 0 ? 0 : 30;
                x.push_back(static_cast<T>(place + 4 * uniform()));
            }
            weights.push_back(i % 10 == 0 ? 0 : 0.5 + uniform());
        }
    }

    MatrixView view(Index from, Index to) const { return row_major(x.data() + from * d, to - from, d); }
    MatrixView view() const { return view(0, n); }
    WeightsView weight(Index from, Index to) const { return {weights.data() + from, to - from}; }
    WeightsView weight() const { return weight(0, n); }

    Index n;
    Index d;
    std::vector<T> x;
    std::vector<double> weights;
};

Options options_for(CovarianceType family, Pruning pruning = Pruning::automatic) {
    Options options;
    options.n_components = n_components;
    options.covariance_type = family;
    options.pruning = pruning;
    options.tol = 0;
    options.max_iter = 12;
    return options;
}

template <class T>
Parameters start_for(const Rows<T>& rows, CovarianceType family) {
    Options options = options_for(family);
    options.max_iter = 0;
    options.init = Init::random_from_data;
    options.seed = 3;
    return fit(options, rows.view()).parameters;
}

Execution threads(int n) {
    Execution execution;
    execution.n_threads = n;
    return execution;
}

bool same(const Parameters& a, const Parameters& b) {
    return check::same_bits(a.weights, b.weights) && check::same_bits(a.means, b.means) &&
           check::same_bits(a.covariances, b.covariances);
}

bool same(const Moments& a, const Moments& b) {
    return a.n_rows == b.n_rows && a.total_weight == b.total_weight && a.log_likelihood == b.log_likelihood &&
           check::same_bits(a.weights, b.weights) && check::same_bits(a.reference, b.reference) &&
           check::same_bits(a.first, b.first) && check::same_bits(a.scatter, b.scatter);
}

/// As `fit` does, from the same start. A shard that has served another run before gives the same bits.
template <class T>
void one_shard_gives_the_bits_of_a_fit(CovarianceType family, int n_threads) {
    const Rows<T> rows(4000);
    const Options options = options_for(family);
    const Parameters start = start_for(rows, family);
    const Model expected = fit(options, rows.view(), rows.weight(), start, threads(1));
    Shard shard(rows.view(), rows.weight(), threads(n_threads));
    for (int time = 0; time < 2; ++time) {
        Run run(options, shard.summary(), start, threads(n_threads));
        double least = 1;
        while (!run.done()) {
            run.advance(shard.moments(run));
            least = std::fmin(least, shard.pairs().evaluated);
        }
        CHECK(check::same_bits(run.history(), expected.history));
        CHECK(same(run.parameters(), expected.parameters));
        CHECK_EQUAL((least < 0.9), (family != CovarianceType::tied));
    }
}

template <class T>
void without_pruning_moments_are_those_of_accumulate(CovarianceType family) {
    const Rows<T> rows(3000);
    const Options options = options_for(family, Pruning::off);
    const Scatter scatter = scatter_for(family);
    Shard shard(rows.view(), rows.weight());
    Shard other(rows.view(), rows.weight());
    Run run(options, shard.summary(), start_for(rows, family));
    for (int pass = 0; pass < 3; ++pass) {
        const Moments expected = accumulate(run.scorer(), scatter, rows.view(), rows.weight());
        CHECK(same(shard.moments(run), expected));
        CHECK(same(other.moments(run.scorer(), scatter), expected));
        run.advance(expected);
    }
}

template <class T>
void shards_of_any_size_add_up(CovarianceType family, bool under_a_prior) {
    const Rows<T> rows(3000);
    Options options = options_for(family);
    const Parameters start = start_for(rows, family);
    const Summary all = summarize(rows.view(), rows.weight());
    if (under_a_prior) {
        Prior prior;
        prior.covariance = CovarianceType::spherical == family ? std::vector<double>(1, 4.0) : all.variances;
        if (family == CovarianceType::full || family == CovarianceType::tied) {
            prior.covariance.assign(static_cast<std::size_t>(rows.d * rows.d), 0);
            for (Index j = 0; j < rows.d; ++j) prior.covariance[static_cast<std::size_t>(j * (rows.d + 1))] = 4;
        }
        options.prior = complete(prior, options, all);
    }
    const Model expected = fit(options, rows.view(), rows.weight(), start);
    const Index cuts[] = {0, 0, 1, 1200, 1201, 3000, 3000};  // the third piece is a row without weight
    std::vector<Shard> shards;
    Summary summary;
    for (std::size_t i = 0; i + 1 < std::size(cuts); ++i) {
        shards.emplace_back(rows.view(cuts[i], cuts[i + 1]), rows.weight(cuts[i], cuts[i + 1]));
        summary = merge(summary, shards.back().summary());
    }
    CHECK_EQUAL(summary.n_rows, rows.n);
    CHECK_CLOSE(summary.total_weight, all.total_weight, 1e-14);
    for (Index j = 0; j < rows.d; ++j) {
        const auto at = static_cast<std::size_t>(j);
        CHECK_CLOSE(summary.means[at], all.means[at], 1e-12);
        CHECK_CLOSE(summary.variances[at], all.variances[at], 1e-12);
        CHECK(summary.minima[at] == all.minima[at] && summary.maxima[at] == all.maxima[at]);
    }
    Run run(options, summary, start);
    while (!run.done()) {
        Moments sum;
        for (Shard& shard : shards) sum = merge(sum, shard.moments(run));
        CHECK_EQUAL(sum.n_rows, rows.n);
        run.advance(sum);
    }
    const double tolerance = sizeof(T) == sizeof(float) ? 1e-4 : 1e-9;
    for (std::size_t i = 0; i < expected.history.size(); ++i) {
        CHECK_CLOSE(run.history()[i], expected.history[i], tolerance);
    }
    for (std::size_t i = 0; i < start.means.size(); ++i) {
        CHECK_CLOSE(run.parameters().means[i], expected.parameters.means[i], tolerance);
    }
}

void what_has_no_rows_adds_nothing() {
    const Rows<double> rows(500);
    const Summary whole = summarize(rows.view());
    const Scorer scorer = prepare(start_for(rows, CovarianceType::full));
    const Moments moments = accumulate(scorer, Scatter::full, rows.view());
    Shard empty(rows.view(0, 0), rows.weight(0, 0));
    CHECK(empty.n_rows() == 0 && empty.n_features() == rows.d);
    CHECK(empty.summary().n_rows == 0 && empty.summary().total_weight == 0);
    CHECK_EQUAL(empty.summary().means, std::vector<double>(8, 0.0));
    CHECK_EQUAL(empty.summary().minima, std::vector<double>(8, std::numeric_limits<double>::infinity()));
    const Moments none = empty.moments(scorer, Scatter::full);
    CHECK(none.n_rows == 0 && none.total_weight == 0 && none.log_likelihood == 0 && none.rounding == 0);
    for (const Summary& nothing : {Summary{}, empty.summary()}) {
        for (const Summary& sum : {merge(whole, nothing), merge(nothing, whole)}) {
            CHECK(sum.n_rows == whole.n_rows && sum.total_weight == whole.total_weight);
            CHECK(check::same_bits(sum.means, whole.means) && check::same_bits(sum.minima, whole.minima));
        }
    }
    for (const Moments& nothing : {Moments{}, none}) {
        CHECK(same(merge(moments, nothing), moments));
        CHECK(same(merge(nothing, moments), moments));
    }
    CHECK(merge(Summary{}, Summary{}).means.empty());
    CHECK_EQUAL(merge(Moments{}, Moments{}).n_components, 0);
    const std::vector<double> zeros(500, 0.0);
    const Summary weightless = summarize(rows.view(), {zeros.data(), 500});
    CHECK(weightless.n_rows == 500 && weightless.total_weight == 0);
    CHECK_EQUAL(merge(weightless, whole).n_rows, 1000);
    CHECK_EQUAL(accumulate(scorer, Scatter::full, rows.view(), {zeros.data(), 500}).total_weight, 0);

    const Options options = options_for(CovarianceType::full);
    for (const Summary& nothing : {Summary{}, empty.summary(), weightless}) {
        CHECK_THROWS(Run(options, nothing, start_for(rows, CovarianceType::full)), Errc::invalid_argument);
    }
    Run run(options, whole, start_for(rows, CovarianceType::full));
    CHECK_THROWS(run.advance(Moments{}), Errc::invalid_argument);
    CHECK_THROWS(run.advance(empty.moments(run)), Errc::invalid_argument);
}

template <class Value, class Read>
void bytes_are_checked(const Value& value, Read read, std::size_t seed) {
    const std::vector<std::uint8_t> bytes = to_bytes(value);
    CHECK(to_bytes(read(bytes.data(), bytes.size())) == bytes);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        CHECK_THROWS(read(bytes.data(), n), Errc::invalid_argument);
    }
    std::vector<std::uint8_t> longer = bytes;
    longer.resize(bytes.size() + 8);
    CHECK_THROWS(read(longer.data(), longer.size()), Errc::invalid_argument);
    for (std::size_t at = seed % 3; at < bytes.size(); at += 3) {
        std::vector<std::uint8_t> changed = bytes;
        changed[at] = static_cast<std::uint8_t>(changed[at] ^ (1U << (at % 8)));
        CHECK_THROWS(read(changed.data(), changed.size()), Errc::invalid_argument);
    }
    CHECK_THROWS(read(nullptr, bytes.size()), Errc::invalid_argument);
}

/// A run over shards on other machines, of which summaries and moments come as bytes.
template <class T>
void summaries_and_moments_travel_as_bytes(CovarianceType family) {
    const Rows<T> rows(200, 3);
    Parameters start = start_for(rows, family);
    Shard shard(rows.view(), rows.weight());
    const Summary& summary = shard.summary();
    bytes_are_checked(summary, summary_from_bytes, 1);
    const Run run(options_for(family), summary, start);
    const Moments& moments = shard.moments(run);
    const std::vector<std::uint8_t> sent = to_bytes(moments);
    const Moments back = moments_from_bytes(sent.data(), sent.size());
    CHECK(same(back, moments) && back.model == moments.model && back.rounding == moments.rounding);
    Run there(options_for(family), summary, start);
    there.advance(back);
    const std::vector<std::uint8_t> nothing = to_bytes(Moments{});
    CHECK(moments_from_bytes(nothing.data(), nothing.size()).n_components == 0);
    CHECK_THROWS(summary_from_bytes(sent.data(), sent.size()), Errc::invalid_argument);
    if (family == CovarianceType::spherical) bytes_are_checked(moments, moments_from_bytes, 2);
    Shard empty(rows.view(0, 0));
    bytes_are_checked(empty.summary(), summary_from_bytes, 0);
    Summary scaled = summary;
    scaled.exponents = {0, 700, -700};
    bytes_are_checked(scaled, summary_from_bytes, 2);
}

/// The scorer of a run, which shards on other machines take their moments under.
void scorers_travel_as_bytes(CovarianceType family) {
    const Rows<double> rows(200, 3);
    Shard shard(rows.view(), rows.weight());
    const Run run(options_for(family), shard.summary(), start_for(rows, family));
    bytes_are_checked(run.scorer(), scorer_from_bytes, 1);
    const std::vector<std::uint8_t> sent = to_bytes(run.scorer());
    const Scorer there = scorer_from_bytes(sent.data(), sent.size());
    CHECK_EQUAL(fingerprint(there), fingerprint(run.scorer()));
    CHECK_EQUAL(there.n_components(), run.scorer().n_components());
    CHECK_EQUAL(there.n_features(), 3);
    CHECK(same(shard.moments(there, scatter_for(family)),
               accumulate(run.scorer(), scatter_for(family), rows.view(), rows.weight())));
    CHECK_THROWS(moments_from_bytes(sent.data(), sent.size()), Errc::invalid_argument);

    Scorer copy = there;
    const Scorer moved = std::move(copy);
    CHECK_EQUAL(fingerprint(moved), fingerprint(there));
    copy = moved;
    CHECK_EQUAL(fingerprint(copy), fingerprint(there));
    CHECK_EQUAL(Scorer().n_components(), 0);
}

void misuse_is_refused() {
    const Rows<double> rows(500);
    const Rows<double> narrow(500, 3);
    CHECK_THROWS(Shard(MatrixView{}), Errc::invalid_argument);
    CHECK_THROWS(Shard(rows.view(), rows.weight(0, 7)), Errc::invalid_argument);
    Shard shard(rows.view());
    CHECK_THROWS(shard.moments(Scorer{}, Scatter::full), Errc::invalid_argument);
    CHECK_THROWS(shard.moments(prepare(start_for(narrow, CovarianceType::full)), Scatter::full),
                 Errc::invalid_argument);
    const Run other(options_for(CovarianceType::full), summarize(narrow.view()),
                    start_for(narrow, CovarianceType::full));
    CHECK_THROWS(shard.moments(other), Errc::invalid_argument);
    std::vector<double> broken(8, 0.0);
    broken[5] = std::numeric_limits<double>::quiet_NaN();
    Shard unclean(row_major(broken.data(), 2, 4));
    CHECK_THROWS(unclean.summary(), Errc::not_finite);
}

/// A shard's own execution is asked to stop, and it can be used again.
void a_poll_ends_a_pass() {
    const Rows<double> rows(4000);
    bool go_on = true;
    Execution execution = threads(2);
    execution.poll = [&go_on] { return go_on; };
    Shard shard(rows.view(), {}, execution);
    Run run(options_for(CovarianceType::full), shard.summary(), start_for(rows, CovarianceType::full));
    go_on = false;
    CHECK_THROWS(shard.moments(run), Errc::interrupted);
    go_on = true;
    CHECK_EQUAL(shard.moments(run).n_rows, rows.n);
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        for (const CovarianceType family : families) {
            for (const int n_threads : {1, 4}) {
                TEST(one_shard_gives_the_bits_of_a_fit<double>(family, n_threads));
                TEST(one_shard_gives_the_bits_of_a_fit<float>(family, n_threads));
            }
            TEST(scorers_travel_as_bytes(family));
            TEST(summaries_and_moments_travel_as_bytes<double>(family));
            TEST(summaries_and_moments_travel_as_bytes<float>(family));
            TEST(without_pruning_moments_are_those_of_accumulate<double>(family));
            TEST(without_pruning_moments_are_those_of_accumulate<float>(family));
            for (const bool under_a_prior : {false, true}) {
                TEST(shards_of_any_size_add_up<double>(family, under_a_prior));
                TEST(shards_of_any_size_add_up<float>(family, under_a_prior));
            }
        }
        TEST(what_has_no_rows_adds_nothing());
        TEST(misuse_is_refused());
        TEST(a_poll_ends_a_pass());
    });
}
