/// A fit of rows in pieces ends where a fit of all of them ends.
#include <cmath>

#include "check.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/gaussmix.hpp"
#include "two_clusters.hpp"

using namespace gaussmix;

namespace {

constexpr CovarianceType families[] = {CovarianceType::full, CovarianceType::tied, CovarianceType::diag,
                                       CovarianceType::spherical};

Options options_for(CovarianceType family) {
    Options options;
    options.n_components = 2;
    options.covariance_type = family;
    return options;
}

Execution threads(int n) {
    Execution execution;
    execution.n_threads = n;
    return execution;
}

/// Rows as T, in pieces that start at `cuts`; each is read into the same memory.
template <class T>
class Source {
public:
    Source(const TwoClusters& data, std::vector<Index> cuts) : data_(data), cuts_(std::move(cuts)) {
        for (Index i = 0; i < data.n_rows; ++i) weights_.push_back(i % 5 == 0 ? 0 : 1 + static_cast<double>(i % 2));
        for (const double value : data.values) all_.push_back(static_cast<T>(value));
    }

    MatrixView view() const { return row_major(all_, 2); }
    const std::vector<double>& weights() const { return weights_; }

    std::optional<Piece> operator()(Index i) {
        if (i + 1 == static_cast<Index>(cuts_.size())) return std::nullopt;
        ++n_visited;
        const Index from = cuts_[static_cast<std::size_t>(i)];
        const Index to = cuts_[static_cast<std::size_t>(i + 1)];
        now_.assign(all_.begin() + 2 * from, all_.begin() + 2 * to);
        return Piece{row_major(now_, 2), {weights_.data() + from, to - from}};
    }

    Index n_visited = 0;

private:
    const TwoClusters& data_;
    std::vector<Index> cuts_;
    std::vector<double> weights_;
    std::vector<T> all_;
    std::vector<T> now_;
};

std::vector<Index> cuts_of(Index n) { return {0, 0, n / 3, n / 3 + 1, n / 2, n, n}; }

bool same(const Model& a, const Model& b) {
    return a.n_iter == b.n_iter && check::same_bits(a.history, b.history) &&
           check::same_bits(a.parameters.means, b.parameters.means) &&
           check::same_bits(a.parameters.covariances, b.parameters.covariances);
}

/// The logarithm of the volume of a unit of 2^exponent, in two dimensions.
double volume(int exponent) { return 2 * exponent * std::log(2.0); }

template <class T>
void pieces_end_where_a_matrix_ends(const TwoClusters& data, Options options) {
    Source<T> source(data, cuts_of(data.n_rows));
    const Model whole = fit(options, source.view(), source.weights());
    const Model found = fit(options, std::ref(source), {}, threads(1));
    CHECK(found.status == Status::converged && found.events.empty());
    CHECK(same(found, fit(options, std::ref(source), {}, threads(3))));
    CHECK_CLOSE(score(found, source.view(), source.weights()), score(whole, source.view(), source.weights()), 1e-3);
    const bool swapped = (found.parameters.means[0] > 5) != (whole.parameters.means[0] > 5);
    for (std::size_t k = 0; k < 2; ++k) {
        for (std::size_t j = 0; j < 2; ++j) {
            CHECK_CLOSE(found.parameters.means[2 * k + j], whole.parameters.means[2 * (swapped ? 1 - k : k) + j], 0.02);
        }
    }
    Source<T> other(data, {0, data.n_rows});
    const Model uncut = fit(options, std::ref(other));
    CHECK_CLOSE(score(uncut, source.view(), source.weights()), score(found, source.view(), source.weights()), 1e-3);
}

void a_given_start_is_gone_on_from(CovarianceType family) {
    const TwoClusters data(300);
    Options options = options_for(family);
    const Parameters start = fit(options, row_major(data.values.data(), 60, 2)).parameters;
    options.tol = 0;
    options.max_iter = 5;
    Source<double> source(data, cuts_of(300));
    Index n_told = 0;
    const Model found = fit(options, std::ref(source), start, {}, [&](const Progress& progress) {
        CHECK(progress.iteration == ++n_told);
        return true;
    });
    CHECK(n_told == 5 && found.n_iter == 5);
    CHECK(source.n_visited == 6 * (1 + 5));  // a summary and the iterations
    const Model whole = fit(options, source.view(), source.weights(), start);
    for (std::size_t i = 0; i < 5; ++i) CHECK_CLOSE(found.history[i], whole.history[i], 1e-10);
    const Model stopped = fit(options, std::ref(source), start, {}, [](const Progress& p) { return p.iteration < 2; });
    CHECK(stopped.status == Status::interrupted && stopped.n_iter == 2);
}

/// A fit that ends at any visit goes on from the records of those before, to the same bits and without visiting again.
void a_journal_replaces_visits(const Options& options) {
    const TwoClusters data(600);
    Source<double> source(data, cuts_of(600));
    const Model whole = fit(options, std::ref(source));
    const Index n_visits = source.n_visited / 6;
    std::vector<std::vector<std::uint8_t>> records;
    for (std::size_t n = 0; n <= static_cast<std::size_t>(n_visits); ++n) {
        std::vector<std::vector<std::uint8_t>> kept(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(n));
        std::size_t next = 0;
        const Journal journal{[&] { return next < kept.size() ? std::optional(kept[next++]) : std::nullopt; },
                              [&](const std::vector<std::uint8_t>& record) {
                                  kept.push_back(record);
                                  ++next;
                              }};
        source.n_visited = 0;
        CHECK(same(fit(options, std::ref(source), {}, {}, {}, journal), whole));
        CHECK(source.n_visited == 6 * (n_visits - static_cast<Index>(n)));
        records = kept;
    }
    CHECK(static_cast<Index>(records.size()) == n_visits);
    Options other = options;
    other.n_components = 3;
    std::size_t next = 0;
    const Journal foreign{[&] { return std::optional(records[next++]); }, {}};
    CHECK_THROWS(fit(other, std::ref(source), {}, {}, {}, foreign), Errc::invalid_argument);
    const Journal damaged{[&] { return std::optional(std::vector<std::uint8_t>(40, 1)); }, {}};
    CHECK_THROWS(fit(options, std::ref(source), {}, {}, {}, damaged), Errc::invalid_argument);
}

/// In a unit that is a power of two everything is the same but for the unit.
void extreme_units_change_nothing_else(const Options& options, int exponent) {
    const TwoClusters data(600);
    std::vector<double> extreme(data.values);
    for (double& value : extreme) value = std::ldexp(value, exponent);
    const auto halves_of = [](const std::vector<double>& values) {
        return Pieces([&values](Index i) -> std::optional<Piece> {
            if (i > 1) return std::nullopt;
            return Piece{row_major(values.data() + 600 * i, 300, 2)};
        });
    };
    Index n_told = 0;
    const Model plain = fit(options, halves_of(data.values));
    const Model found = fit(options, halves_of(extreme), {}, {}, [&](const Progress& progress) {
        CHECK_CLOSE(progress.log_likelihood, plain.history[static_cast<std::size_t>(n_told++)] - volume(exponent),
                    1e-9);
        return true;
    });
    CHECK(found.n_iter == plain.n_iter && n_told == plain.n_iter && found.events.empty());
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK_CLOSE(std::ldexp(found.parameters.means[i], -exponent), plain.parameters.means[i], 1e-9);
    }
    for (std::size_t i = 0; i < plain.parameters.covariances.size(); ++i) {
        CHECK_CLOSE(std::ldexp(found.parameters.covariances[i], -2 * exponent), plain.parameters.covariances[i], 1e-9);
    }
}

/// The pieces of a source as rows elsewhere: each answers by itself, and the answers are joined here.
template <class T>
RemoteRows elsewhere(Source<T>& source) {
    const auto joined = [&source](auto sum, const auto& of, const auto& join) {
        Index i = 0;
        while (const std::optional<Piece> piece = source(i)) sum = join(std::move(sum), of(*piece, i++));
        return sum;
    };
    const auto merged = [](const auto& a, const auto& b) { return merge(a, b); };
    return {
        [joined, merged] {
            const auto of = [](const Piece& piece, Index) { return summarize(piece.x, piece.sample_weight); };
            return joined(Summary{}, of, merged);
        },
        [joined](const Summary& all, Index size, std::uint64_t seed) {
            const auto of = [&](const Piece& piece, Index i) {
                return draw(piece.x, piece.sample_weight, all, size, seed, static_cast<std::uint64_t>(i));
            };
            return joined(Sample{2, {}, {}}, of, [](Sample a, const Sample& b) {
                a.values.insert(a.values.end(), b.values.begin(), b.values.end());
                a.weights.insert(a.weights.end(), b.weights.begin(), b.weights.end());
                return a;
            });
        },
        [joined, merged](const Scorer& scorer, Scatter scatter) {
            const auto of = [&](const Piece& piece, Index) {
                return accumulate(scorer, scatter, piece.x, piece.sample_weight);
            };
            return joined(Moments{}, of, merged);
        },
    };
}

template <class T>
void rows_elsewhere_end_where_pieces_end(const TwoClusters& data, const Options& options) {
    Source<T> source(data, cuts_of(data.n_rows));
    const Model pieces = fit(options, std::ref(source));
    const RemoteRows rows = elsewhere(source);
    std::vector<std::vector<std::uint8_t>> records;
    const Journal writing{{}, [&](const std::vector<std::uint8_t>& record) { records.push_back(record); }};
    const Model found = fit(options, rows, {}, threads(1), {}, writing);
    CHECK(found.status == Status::converged);
    CHECK(same(found, fit(options, rows, {}, threads(3))));
    CHECK_CLOSE(score(found, source.view(), source.weights()), score(pieces, source.view(), source.weights()), 1e-3);
    if (data.n_rows < 5000) CHECK(same(found, pieces));  // the sample is all rows
    std::size_t next = 0;
    const Journal reading{[&] { return std::optional(records[next++]); }, {}};
    CHECK(same(fit(options, rows, {}, {}, {}, reading), found) && next == records.size());
    const Parameters& start = pieces.parameters;
    if (options.prior) return;  // which other samples complete otherwise
    CHECK(same(fit(options, rows, start), fit(options, std::ref(source), start)));
}

void rows_elsewhere_that_answer_badly_are_refused() {
    const TwoClusters data(300);
    const Options options = options_for(CovarianceType::full);
    Source<double> source(data, cuts_of(300));
    const RemoteRows rows = elsewhere(source);
    CHECK_THROWS(fit(options, RemoteRows{}), Errc::invalid_argument);
    CHECK_THROWS(fit(options, rows, Labels(data.labels)), Errc::invalid_argument);
    for (const Sample& bad : {Sample{2, {}, {}}, Sample{2, {1, 2, 3}, {1}}, Sample{3, {1, 2, 3}, {1}}}) {
        RemoteRows other = rows;
        other.sample = [&](const Summary&, Index, std::uint64_t) { return bad; };
        CHECK_THROWS(fit(options, other), Errc::invalid_argument);
    }
    const std::vector<double> vast{1e160, 2e160, 3e160, 4e160};
    RemoteRows beyond = rows;
    beyond.summary = [&] { return summarize(row_major(vast, 2)); };
    CHECK_THROWS(fit(options, beyond), Errc::invalid_argument);
    const Summary all = rows.summary();
    CHECK_THROWS(draw(source.view(), {}, all, 0, 1, 1), Errc::invalid_argument);
    CHECK_THROWS(draw(row_major(vast, 1), {}, all, 5, 1, 1), Errc::invalid_argument);
    CHECK_THROWS(draw(source.view(), {}, Summary{}, 5, 1, 1), Errc::invalid_argument);
    CHECK_THROWS(draw(source.view(), vast, all, 5, 1, 1), Errc::invalid_argument);
}

/// Rows of sixteen clusters, in three pieces; each visit may turn the rows of each piece around.
class SixteenClusters {
public:
    static constexpr Index n_features = 16;
    static constexpr Index n_pieces = 3;
    static constexpr Index n_each = 2000;

    SixteenClusters() {
        std::uint64_t state = 1;
        for (Index i = 0; i < n_pieces * n_each; ++i) {
            for (Index j = 0; j < n_features; ++j) {
                double sum = j < 4 ? 12.0 * static_cast<double>(i >> j & 1) : 0;
                for (int t = 0; t < 6; ++t) {
                    state = state * 48271 % 2147483647;
                    sum += static_cast<double>(state) / 2147483647.0;
                }
                values.push_back(sum);
            }
        }
    }

    std::optional<Piece> operator()(Index i) {
        if (i == n_pieces) return std::nullopt;
        if (i == 0) ++n_visits;
        const double* first = values.data() + i * n_each * n_features;
        const bool backwards = turns && n_visits % 2 == 0;
        return Piece{backwards ? strided(first + (n_each - 1) * n_features, n_each, n_features, -n_features, 1)
                               : row_major(first, n_each, n_features)};
    }

    std::vector<double> values;
    bool turns = false;
    Index n_visits = 0;
};

/// Passes over pieces leave out pairs as passes over a matrix do, unless the rows of a piece have changed.
void bounds_are_kept_for_each_piece(CovarianceType family) {
    constexpr std::size_t n_iter = 14;
    SixteenClusters source;
    Options options = options_for(family);
    options.n_components = 16;
    options.tol = 0;
    options.max_iter = n_iter;
    options.acceleration = Acceleration::off;
    const Parameters start = fit(options, row_major(source.values.data(), 400, source.n_features)).parameters;
    options.pruning = Pruning::off;
    const Model dense = fit(options, std::ref(source), start);
    CHECK(dense.pairs.size() == n_iter && dense.pairs.back().evaluated == 1);
    options.pruning = Pruning::automatic;
    const Model found = fit(options, std::ref(source), start, threads(1));
    CHECK(found.pairs.size() == n_iter && found.pairs.back().evaluated < 0.5);
    CHECK(same(found, fit(options, std::ref(source), start, threads(3))));
    source.turns = true;
    const Model turned = fit(options, std::ref(source), start);
    CHECK(turned.pairs.back().evaluated == 1);
    const Journal journal{{}, [](const std::vector<std::uint8_t>&) {}};
    source.turns = false;
    const Model recorded = fit(options, std::ref(source), start, {}, {}, journal);
    CHECK(same(recorded, dense));
    for (const Model* other : {&found, &turned}) {
        for (std::size_t i = 0; i < n_iter; ++i) CHECK_CLOSE(other->history[i], dense.history[i], 1e-11);
        for (std::size_t i = 0; i < dense.parameters.means.size(); ++i) {
            CHECK_CLOSE(other->parameters.means[i], dense.parameters.means[i], 1e-9);
        }
    }
}

void a_variance_beyond_doubles_is_refused() {
    const TwoClusters data(300);
    std::vector<double> vast(data.values);
    for (double& value : vast) value *= 1e160;
    const auto beyond = [&](Index i) { return i > 0 ? std::nullopt : std::optional(Piece{row_major(vast, 2)}); };
    CHECK_THROWS(fit(options_for(CovarianceType::full), Pieces(beyond)), Errc::degenerate);
}

void misuse_is_refused() {
    const TwoClusters data(300);
    const Options options = options_for(CovarianceType::full);
    const auto none = [](Index) { return std::optional<Piece>(); };
    CHECK_THROWS(fit(options, Pieces(none)), Errc::invalid_argument);
    CHECK_THROWS(fit(options, Pieces()), Errc::invalid_argument);
    Source<double> source(data, cuts_of(300));
    CHECK_THROWS(fit(options, std::ref(source), Labels(data.labels)), Errc::invalid_argument);
    Index n_calls = 0;
    const auto shrinking = [&](Index i) {
        return i > 0 ? std::nullopt : std::optional(Piece{row_major(data.values.data(), 300 - n_calls++, 2)});
    };
    CHECK_THROWS(fit(options, Pieces(shrinking)), Errc::invalid_argument);
    const auto uneven = [&](Index i) {
        return i > 1 ? std::nullopt : std::optional(Piece{row_major(data.values.data(), 100, 2 + i)});
    };
    CHECK_THROWS(fit(options, Pieces(uneven)), Errc::invalid_argument);
    Execution stopped;
    stopped.poll = [] { return false; };
    CHECK_THROWS(fit(options, std::ref(source), {}, stopped), Errc::interrupted);
    Options strict = options;
    strict.strict = true;
    const std::vector<double> alike(200, 3.0);
    const auto equal = [&](Index i) { return i > 0 ? std::nullopt : std::optional(Piece{row_major(alike, 2)}); };
    CHECK_THROWS(fit(strict, Pieces(equal)), Errc::degenerate);
    CHECK(!fit(options, Pieces(equal)).events.empty());
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        const TwoClusters few(600);
        const TwoClusters many(60000);
        for (const CovarianceType family : families) {
            const Options plain = options_for(family);
            TEST(pieces_end_where_a_matrix_ends<double>(few, plain));
            TEST(pieces_end_where_a_matrix_ends<float>(few, plain));
            TEST(pieces_end_where_a_matrix_ends<double>(many, plain));
            TEST(pieces_end_where_a_matrix_ends<float>(many, plain));
            Options under_a_prior = plain;
            under_a_prior.prior.emplace();
            TEST(pieces_end_where_a_matrix_ends<double>(few, under_a_prior));
            TEST(pieces_end_where_a_matrix_ends<double>(many, under_a_prior));
            Options variational = under_a_prior;
            variational.variational.emplace();
            variational.tol = 1;  // of the bound of all rows
            TEST(pieces_end_where_a_matrix_ends<double>(few, variational));
            TEST(rows_elsewhere_end_where_pieces_end<double>(few, plain));
            TEST(rows_elsewhere_end_where_pieces_end<float>(many, plain));
            TEST(rows_elsewhere_end_where_pieces_end<double>(many, under_a_prior));
            TEST(a_given_start_is_gone_on_from(family));
            TEST(a_journal_replaces_visits(plain));
            TEST(a_journal_replaces_visits(under_a_prior));
            TEST(a_journal_replaces_visits(variational));
            for (const int exponent : {-400, 400}) TEST(extreme_units_change_nothing_else(plain, exponent));
        }
        for (const CovarianceType family : {CovarianceType::full, CovarianceType::diag, CovarianceType::spherical}) {
            TEST(bounds_are_kept_for_each_piece(family));
        }
        TEST(a_variance_beyond_doubles_is_refused());
        TEST(misuse_is_refused());
        TEST(rows_elsewhere_that_answer_badly_are_refused());
    });
}
