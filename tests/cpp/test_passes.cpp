/// What a pass of a run finds in memory that passes before it have used, those of another E-step among them, changes
/// nothing: it gives the bits of a pass of its own.
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "check.hpp"
#include "em/pass/pass.hpp"
#include "families/family.hpp"
#include "gaussmix/bytes.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/fit.hpp"
#include "gaussmix/scoring.hpp"
#include "random/random.hpp"

using namespace gaussmix;

namespace {

constexpr Index n_components = 3;

/// Clusters so far apart that a shared covariance, wide at first, is whitened about each mean in the end; every tenth
/// row without weight.
template <class T>
struct Rows {
    Rows(Index n_, Index d_) : n(n_), d(d_) {
        random::Generator generator(1, 0);
        for (Index i = 0; i < n; ++i) {
            for (Index j = 0; j < d; ++j) {
                x.push_back(static_cast<T>(60 * static_cast<double>(i % n_components) + generator.uniform()));
            }
            weights.push_back(i % 10 == 0 ? 0 : 1 + generator.uniform());
        }
    }

    Index n;
    Index d;
    std::vector<T> x;
    std::vector<double> weights;
};

Parameters wide_start(CovarianceType family, Index d, const Summary& summary) {
    Parameters start;
    start.covariance_type = family;
    start.n_components = n_components;
    start.n_features = d;
    start.weights.assign(n_components, 1.0 / n_components);
    for (Index k = 0; k < n_components; ++k) {
        for (Index j = 0; j < d; ++j) start.means.push_back(60 * static_cast<double>(k));
    }
    const bool whole = family == CovarianceType::full || family == CovarianceType::tied;
    Index size = 1;
    for (const Index extent : covariances_shape(family, n_components, d)) size *= extent;
    start.covariances.resize(size);
    for (Index i = 0; i < size; ++i) {
        if (!whole || i / d % d == i % d) start.covariances[i] = summary.variances[0];
    }
    return start;
}

bool same(const Moments& a, const Moments& b) {
    return a.n_rows == b.n_rows && a.total_weight == b.total_weight && a.log_likelihood == b.log_likelihood &&
           a.rounding == b.rounding && a.weights == b.weights && a.reference == b.reference && a.first == b.first &&
           a.scatter == b.scatter;
}

template <class T>
void passes_of_a_run_are_passes_of_their_own(CovarianceType family, Index n, Index d, int n_threads) {
    const Rows<T> rows(n, d);
    const MatrixView x = row_major(rows.x.data(), n, d);
    const WeightsView weights{rows.weights.data(), n};
    Execution execution;
    execution.n_threads = n_threads;
    const rows::Context context(execution);
    const Summary summary = summarize(x, weights, execution);
    Options options;
    options.n_components = n_components;
    options.covariance_type = family;
    options.tol = 0;
    options.max_iter = 8;
    Run run(options, summary, wide_start(family, d, summary), execution);
    em::Screening screening(x, n_components, whitening::of(run.scorer().numbers()), false);
    em::Passes pass({x, weights, context}, n_components, families::get(family).scatter);
    while (!run.done()) {
        const Moments alone = accumulate(run.scorer(), scatter_for(family), x, weights, execution);
        pass({em::Source::Model{&run.scorer().numbers(), estep::Finish::assignments}, n_components},
             run.scorer().numbers().means);
        const Moments& moments = pass({&run.scorer().numbers(), &run.parameters().covariances}, screening);
        CHECK(same(moments, alone));
        run.advance(moments);
    }
    if (family == CovarianceType::tied) CHECK_EQUAL(run.scorer().numbers().whitening, Whitening::full);
}

/// A component that is ruled out for a row takes nothing of it, whatever the order of visits.
template <class T>
void components_can_be_ruled_out(CovarianceType family, estep::Finish finish) {
    constexpr Index n = 700;
    constexpr Index d = 3;
    const Rows<T> rows(n, d);
    const MatrixView x = row_major(rows.x.data(), n, d);
    const WeightsView weights{rows.weights.data(), n};
    const rows::Context context{Execution{}};
    const Summary summary = summarize(x, weights, {});
    Parameters wide = wide_start(family, d, summary);
    for (double& mean : wide.means) mean /= 60;  // overlapping, so that each row belongs to all
    const Scorer scorer = prepare(wide);
    std::vector<std::uint8_t> allowed(n * n_components, 1);
    for (Index i = 0; i < n; ++i) allowed[i * n_components + i % n_components] = 0;
    for (Index i = 0; i < n; i += 7) std::fill_n(allowed.begin() + i * n_components, n_components - 1, 0);
    for (Index i = 0; i < n; i += 7) allowed[i * n_components + n_components - 1] = 1;

    std::vector<double> p(n * n_components);
    std::vector<double> log_density(n);
    predict_proba(scorer, x, p);
    score_samples(scorer, x, log_density);
    std::vector<double> expected(n_components);
    double log_likelihood = 0;
    for (Index i = 0; i < n; ++i) {
        double sum = 0;
        Index best = -1;
        for (Index k = 0; k < n_components; ++k) {
            if (allowed[i * n_components + k] == 0) continue;
            sum += p[i * n_components + k];
            if (best < 0 || p[i * n_components + k] > p[i * n_components + best]) best = k;
        }
        for (Index k = 0; k < n_components; ++k) {
            if (allowed[i * n_components + k] == 0) continue;
            const double share =
                finish == estep::Finish::assignments ? (k == best ? 1 : 0) : p[i * n_components + k] / sum;
            expected[k] += rows.weights[i] * share;
        }
        const double of_best = finish == estep::Finish::assignments ? p[i * n_components + best] : sum;
        log_likelihood += rows.weights[i] * (log_density[i] + std::log(of_best));
    }
    std::vector<std::uint16_t> backwards(n);
    for (Index i = 0; i < n; ++i) backwards[i] = static_cast<std::uint16_t>(n - 1 - i);
    rows::Data data{x, weights, context};
    data.allowed = {allowed.data(), n, n_components, nullptr, n};
    em::Passes pass(data, n_components, families::get(family).scatter);
    const em::Source source{em::Source::Model{&scorer.numbers(), finish}, n_components};
    const double tolerance = std::is_same_v<T, double> ? 1e-12 : 1e-5;
    for (const rows::Order order : {rows::Order{nullptr}, rows::Order{backwards.data()}}) {
        const Moments moments = pass(source, scorer.numbers().means, order);
        for (Index k = 0; k < n_components; ++k) CHECK_CLOSE(moments.weights[k], expected[k], tolerance);
        CHECK_CLOSE(moments.log_likelihood, log_likelihood, tolerance);
    }
}

/// A term without mean and covariance takes its share of every row, and of nothing else.
template <class T>
void a_background_takes_its_share(CovarianceType family, estep::Finish finish) {
    constexpr Index n = 700;
    constexpr Index d = 3;
    const Rows<T> rows(n, d);
    const MatrixView x = row_major(rows.x.data(), n, d);
    const WeightsView weights{rows.weights.data(), n};
    const rows::Context context{Execution{}};
    Parameters wide = wide_start(family, d, summarize(x, weights, {}));
    for (double& mean : wide.means) mean /= 60;
    const Scorer scorer = prepare(wide);
    std::vector<double> p(n * n_components);
    std::vector<double> log_density(n);
    predict_proba(scorer, x, p);
    score_samples(scorer, x, log_density);
    std::vector<double> sorted = log_density;
    std::nth_element(sorted.begin(), sorted.begin() + n / 2, sorted.end());
    const double constant = sorted[n / 2] - 0.7;  // about as likely as the components

    ScorerNumbers with = scorer.numbers();
    with.log_constants.push_back(constant);
    with.weights.push_back(0.25);
    const std::vector<std::uint8_t> sent = to_bytes(Scorer(with));
    const Scorer background = scorer_from_bytes(sent.data(), sent.size());
    with.weights.push_back(0.25);
    CHECK_THROWS(to_bytes(Scorer(with)), Errc::invalid_argument);
    with.log_constants.push_back(constant);
    CHECK_THROWS(to_bytes(Scorer(with)), Errc::invalid_argument);

    const double tolerance = std::is_same_v<T, double> ? 1e-12 : 1e-5;
    const std::vector<double> all = score_samples(background, x);
    const std::vector<std::int64_t> labels = predict(background, x);
    std::vector<double> expected(n_components);
    double log_likelihood = 0;
    double squares = 0;  // about the means, of the first feature
    Index n_background = 0;
    for (Index i = 0; i < n; ++i) {
        const double* of_row = p.data() + i * n_components;
        const double total = log_density[i] + std::log1p(std::exp(constant - log_density[i]));
        CHECK_CLOSE(all[i], total, tolerance);
        const auto best = std::max_element(of_row, of_row + n_components);
        const double of_best = std::log(*best) + log_density[i];
        const bool is_background = constant > of_best;
        CHECK_EQUAL(labels[i], is_background ? -1 : best - of_row);
        n_background += is_background ? 1 : 0;
        const bool whole = finish == estep::Finish::assignments;
        for (Index k = 0; k < n_components; ++k) {
            const double share =
                whole ? (!is_background && k == best - of_row ? 1 : 0) : of_row[k] * std::exp(log_density[i] - total);
            expected[k] += rows.weights[i] * share;
            const double difference = static_cast<double>(rows.x[i * d]) - wide.means[k * d];
            squares += rows.weights[i] * share * difference * difference;
        }
        log_likelihood += rows.weights[i] * (whole ? std::max(of_best, constant) : total);
    }
    CHECK(n_background > n / 10 && n_background < n);
    em::Passes pass({x, weights, context}, n_components, families::get(family).scatter);
    const std::vector<double>& means = background.numbers().means;
    const auto give = [&](const Scorer& from) {
        return pass({em::Source::Model{&from.numbers(), finish}, n_components}, means);
    };
    give(scorer);  // whose tiles have one term less
    const Moments moments = give(background);
    for (Index k = 0; k < n_components; ++k) CHECK_CLOSE(moments.weights[k], expected[k], tolerance);
    CHECK_CLOSE(moments.log_likelihood, log_likelihood, tolerance);
    if (finish == estep::Finish::assignments) return;
    em::Screening screening(x, n_components, whitening::of(background.numbers()), false);
    CHECK(same(pass({&background.numbers(), &wide.covariances}, screening), moments));
    CHECK_EQUAL(background.n_terms(), n_components + 1);
    std::vector<double> shares(n * (n_components + 1));
    predict_proba(background, x, shares);
    double of_background = 0;
    for (Index i = 0; i < n; ++i) {
        const double* of_row = shares.data() + i * (n_components + 1);
        for (Index k = 0; k < n_components; ++k) {
            CHECK_CLOSE(of_row[k], p[i * n_components + k] * std::exp(log_density[i] - all[i]), tolerance);
        }
        CHECK_CLOSE(of_row[n_components], std::exp(constant - all[i]), tolerance);
        of_background += rows.weights[i] * of_row[n_components];
    }
    CHECK(moments.has_background());
    CHECK_CLOSE(moments.weights.back(), of_background, tolerance);
    const bool pooled = family == CovarianceType::tied;
    double found = 0;
    const Index size = signed_size(moments.scatter) / (pooled ? 1 : n_components);
    for (Index at = 0; at < signed_size(moments.scatter); at += size) found += moments.scatter[at];
    CHECK_CLOSE(found, squares, tolerance);
}

/// Labels, given numbers and chance belong to rows, not to the positions that these are visited at.
void an_order_takes_its_rows_along() {
    constexpr Index n = 700;
    const Rows<double> rows(n, 2);
    const MatrixView x = row_major(rows.x.data(), n, 2);
    const rows::Context context{Execution{}};
    std::vector<std::int64_t> labels(n);
    std::vector<double> given(n * n_components);
    for (Index i = 0; i < n; ++i) {
        labels[i] = i * i % n_components;
        for (Index k = 0; k < n_components; ++k)
            given[i * n_components + k] = static_cast<double>(1 + i * (k + 1) % 11);
    }
    std::vector<std::uint16_t> backwards(n);
    for (Index i = 0; i < n; ++i) backwards[i] = static_cast<std::uint16_t>(n - 1 - i);
    const std::vector<double> origin(2 * n_components);
    em::Passes pass({x, {rows.weights.data(), n}, context}, n_components, families::get(CovarianceType::full).scatter);
    for (const em::Source& source :
         {em::Source{Labels{labels}, n_components},
          em::Source{Responsibilities{row_major(given.data(), n, n_components)}, n_components},
          em::Source{em::Source::Random{5}, n_components}}) {
        const Moments forwards = pass(source, origin);
        const Moments turned = pass(source, origin, backwards.data());
        CHECK(pass.rows().order == nullptr);  // the order may be gone by the next pass
        for (Index k = 0; k < n_components; ++k) CHECK_CLOSE(turned.weights[k], forwards.weights[k], 1e-12);
        for (Index j = 0; j < 2 * n_components; ++j) CHECK_CLOSE(turned.first[j], forwards.first[j], 1e-12);
    }
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(an_order_takes_its_rows_along());
        for (const estep::Finish finish : {estep::Finish::responsibilities, estep::Finish::assignments}) {
            for (const CovarianceType family : {CovarianceType::full, CovarianceType::tied, CovarianceType::diag}) {
                TEST(components_can_be_ruled_out<double>(family, finish));
                TEST(components_can_be_ruled_out<float>(family, finish));
                TEST(a_background_takes_its_share<double>(family, finish));
                TEST(a_background_takes_its_share<float>(family, finish));
            }
        }
        for (const CovarianceType family :
             {CovarianceType::full, CovarianceType::tied, CovarianceType::diag, CovarianceType::spherical}) {
            for (const int n_threads : {1, 2}) {
                for (const Index n : {100, 700, 3000}) {  // one tile, a few, many
                    TEST(passes_of_a_run_are_passes_of_their_own<double>(family, n, 3, n_threads));
                    TEST(passes_of_a_run_are_passes_of_their_own<float>(family, n, 3, n_threads));
                    TEST(passes_of_a_run_are_passes_of_their_own<double>(family, n, 17, n_threads));
                }
            }
        }
    });
}
