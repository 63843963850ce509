/// What a C++ host may hand in that the core never makes: a scorer of no mixture, null pointers, numbers cast to
/// enumerators, summaries and moments that are those of no rows. Each is an Error, in every entry, and never a crash.
#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "check.hpp"
#include "gaussmix.h"
#include "gaussmix/gaussmix.hpp"
#include "scorer_uses.hpp"
#include "two_clusters.hpp"

using namespace gaussmix;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr CovarianceType families[] = {CovarianceType::full, CovarianceType::tied, CovarianceType::diag,
                                       CovarianceType::spherical};

const TwoClusters data(60);

template <class Enum>
constexpr Enum wild = static_cast<Enum>(77);

Options two(CovarianceType family = CovarianceType::full) {
    Options options;
    options.n_components = 2;
    options.covariance_type = family;
    return options;
}

void a_scorer_of_no_mixture(CovarianceType family) {
    const Scorer good = fit(two(family), data.view()).scorer;
    precisions_cholesky(good, family);
    each_use_refuses(Scorer(), family, data);
    CHECK_THROWS(to_bytes(Scorer()), Errc::invalid_argument);
    for (const CovarianceType other : families) {
        // Tied components far apart have a scorer like that of a full mixture.
        if (other == family || (family == CovarianceType::full && other == CovarianceType::tied)) continue;
        CHECK_THROWS(precisions_cholesky(good, other), Errc::invalid_argument);
    }
    CHECK_THROWS(precisions_cholesky(good, wild<CovarianceType>), Errc::invalid_argument);
    CHECK_THROWS(accumulate(good, wild<Scatter>, data.view()), Errc::invalid_argument);
}

void null_pointers() {
    const Model found = fit(two(), data.view());
    double numbers[120];
    std::int64_t labels[60];
    CHECK_THROWS(score_samples(found, data.view(), {nullptr, 60}), Errc::invalid_argument);
    CHECK_THROWS(predict(found, data.view(), {nullptr, 60}), Errc::invalid_argument);
    CHECK_THROWS(predict_proba(found, data.view(), {nullptr, 120}), Errc::invalid_argument);
    CHECK_THROWS(sample(found, 5, 0, {nullptr, 10}, {labels, 5}), Errc::invalid_argument);
    CHECK_THROWS(sample(found, 5, 0, {numbers, 10}, {nullptr, 5}), Errc::invalid_argument);
    CHECK_THROWS(fit(two(), data.view(), {}, Labels{nullptr, 60}), Errc::invalid_argument);
    CHECK_THROWS(fit(two(), data.view(), {}, Responsibilities{row_major(static_cast<double*>(nullptr), 60, 2)}),
                 Errc::invalid_argument);
}

/// Every entry that takes rows.
void views_that_are_none() {
    const Scorer scorer = fit(two(), data.view()).scorer;
    const auto each_refuses = [&](const MatrixView& x) {
        double numbers[120];
        std::int64_t labels[60];
        CHECK_THROWS(fit(two(), x), Errc::invalid_argument);
        if (x.n_rows != 0) {  // pieces of the data may be empty
            CHECK_THROWS(summarize(x), Errc::invalid_argument);
            CHECK_THROWS(accumulate(scorer, Scatter::full, x), Errc::invalid_argument);
            CHECK_THROWS(Shard(x), Errc::invalid_argument);
        }
        CHECK_THROWS(score_samples(scorer, x, {numbers, 60}), Errc::invalid_argument);
        CHECK_THROWS(score(scorer, x), Errc::invalid_argument);
        CHECK_THROWS(predict(scorer, x, labels), Errc::invalid_argument);
        CHECK_THROWS(predict_proba(scorer, x, numbers), Errc::invalid_argument);
        CHECK_THROWS(evidence(scorer, x), Errc::invalid_argument);
    };
    const auto with = [&](auto change) {
        MatrixView x = data.view();
        change(x);
        each_refuses(x);
    };
    with([](MatrixView& x) { x.scalar = wild<Scalar>; });
    with([](MatrixView& x) { x.data = nullptr; });
    for (const Index n : {std::numeric_limits<Index>::min(), Index{-1}, Index{0}, std::numeric_limits<Index>::max()}) {
        with([n](MatrixView& x) { x.n_rows = n; });
        with([n](MatrixView& x) { x.n_features = n; });
    }
    MatrixView shares = data.view();
    shares.scalar = wild<Scalar>;
    CHECK_THROWS(fit(two(), data.view(), {}, Responsibilities{shares}), Errc::invalid_argument);
}

void numbers_cast_to_enumerators() {
    const Model found = fit(two(), data.view());
    const Summary summary = summarize(data.view());
    const Moments moments = accumulate(found.scorer, Scatter::full, data.view());
    const Ridge ridge = make_ridge(two(), summary);
    std::vector<Event> events;

    for (const std::function<void(Options&)>& change :
         {std::function<void(Options&)>([](Options& o) { o.covariance_type = wild<CovarianceType>; }),
          std::function<void(Options&)>([](Options& o) { o.init = wild<Init>; }),
          std::function<void(Options&)>([](Options& o) { o.pruning = wild<Pruning>; })}) {
        Options options = two();
        change(options);
        CHECK_THROWS(fit(options, data.view()), Errc::invalid_argument);
        CHECK_THROWS(fit(options, data.view(), {}, found.parameters), Errc::invalid_argument);
        CHECK_THROWS(Run(options, summary, found.parameters), Errc::invalid_argument);
        CHECK_THROWS(Run(options, summary, moments), Errc::invalid_argument);
        CHECK_THROWS(complete({}, options, summary, {1, 0, 0, 1}), Errc::invalid_argument);
    }

    Parameters parameters = found.parameters;
    parameters.covariance_type = wild<CovarianceType>;
    CHECK_THROWS(validate(parameters), Errc::invalid_argument);
    CHECK_THROWS(symmetrised(parameters), Errc::invalid_argument);
    CHECK_THROWS(n_parameters(parameters), Errc::invalid_argument);
    CHECK_THROWS(prepare(parameters), Errc::invalid_argument);
    CHECK_THROWS(prepare(parameters, ridge, 1, events), Errc::invalid_argument);
    CHECK_THROWS(prepare(parameters, Posterior{{1, 1}, {1, 1}, {3, 3}}), Errc::invalid_argument);
    CHECK_THROWS(fit(two(), data.view(), {}, parameters), Errc::invalid_argument);
    double numbers[10];
    std::int64_t labels[5];
    CHECK_THROWS(sample(parameters, 5, 0, {numbers, 10}, {labels, 5}), Errc::invalid_argument);
    Model saved;
    saved.parameters = parameters;
    CHECK_THROWS(save(saved, "never-written"), Errc::invalid_argument);
    CHECK_THROWS(prepare(saved), Errc::invalid_argument);
    saved.parameters = found.parameters;
    saved.status = wild<Status>;
    CHECK_THROWS(save(saved, "never-written"), Errc::invalid_argument);
    saved.status = Status::given;
    saved.events = {{0, 0, wild<Act>}};
    CHECK_THROWS(save(saved, "never-written"), Errc::invalid_argument);

    CHECK_THROWS(covariances_shape(wild<CovarianceType>, 2, 2), Errc::invalid_argument);
    CHECK_THROWS(scatter_for(wild<CovarianceType>), Errc::invalid_argument);
    CHECK_THROWS(update(moments, wild<CovarianceType>, ridge, {}, 1, events), Errc::invalid_argument);
    CHECK_THROWS(describe({0, 0, wild<Act>}), Errc::invalid_argument);
    CHECK_EQUAL(name(wild<CovarianceType>), "unknown");
    CHECK_EQUAL(name(wild<Init>), "unknown");
    CHECK_EQUAL(name(wild<Pruning>), "unknown");
    CHECK_EQUAL(name(wild<Status>), "unknown");
    CHECK_EQUAL(name(wild<Act>), "unknown");
    CHECK_THROWS(scatter_size(wild<Scatter>, 2, 2), Errc::invalid_argument);
}

void a_summary_of_no_rows() {
    const Summary good = summarize(data.view());
    const Model found = fit(two(), data.view());
    const Moments moments = accumulate(found.scorer, Scatter::full, data.view());
    const auto refuses = [&](auto change) {
        Summary bad = good;
        change(bad);
        if (!bad.means.empty()) {  // `Summary{}` is a sum of no pieces
            CHECK_THROWS(merge(bad, good), Errc::invalid_argument);
            CHECK_THROWS(merge(good, bad), Errc::invalid_argument);
        }
        CHECK_THROWS(make_ridge(two(), bad), Errc::invalid_argument);
        CHECK_THROWS(complete({}, two(), bad, {1, 0, 0, 1}), Errc::invalid_argument);
        CHECK_THROWS(Run(two(), bad, found.parameters), Errc::invalid_argument);
        CHECK_THROWS(Run(two(), bad, moments), Errc::invalid_argument);
    };
    refuses([](Summary& s) { s = {}; });
    refuses([](Summary& s) { (s = {}).minima = {0, 0}; });
    refuses([](Summary& s) { (s = {}).maxima = {0, 0}; });
    refuses([](Summary& s) { (s = {}).variances = {1, 1}; });
    refuses([](Summary& s) { (s = {}).exponents = {0, 0}; });
    for (std::vector<double> Summary::* part :
         {&Summary::means, &Summary::variances, &Summary::minima, &Summary::maxima}) {
        refuses([part](Summary& s) { (s.*part).pop_back(); });
    }
    refuses([](Summary& s) { s.n_rows = 0; });
    for (const double weight : {0.0, -1.0, nan, HUGE_VAL}) refuses([weight](Summary& s) { s.total_weight = weight; });
    refuses([](Summary& s) { s.means[1] = nan; });
    refuses([](Summary& s) { s.variances[0] = nan; });
    refuses([](Summary& s) { s.variances[0] = -1; });
    refuses([](Summary& s) { s.minima[0] = nan; });
    refuses([](Summary& s) { s.maxima[1] = nan; });
    refuses([](Summary& s) { s.maxima[1] = s.minima[1] - 1; });
    refuses([](Summary& s) { s.exponents = {1}; });
    for (std::vector<double> Summary::* part :
         {&Summary::means, &Summary::variances, &Summary::minima, &Summary::maxima}) {
        refuses([part](Summary& s) { (s.*part).pop_back(); });
    }
}

void moments_of_no_rows() {
    const Model found = fit(two(), data.view());
    const Summary summary = summarize(data.view());
    const Run run(two(), summary, found.parameters);
    const Moments good = accumulate(run.scorer(), Scatter::full, data.view());
    const Ridge ridge = make_ridge(two(), summary);
    const auto refuses = [&](auto change) {
        Moments bad = good;
        change(bad);
        std::vector<Event> events;
        if (bad.n_components > 0) {  // `Moments{}` is a sum of no pieces
            CHECK_THROWS(merge(bad, good), Errc::invalid_argument);
            CHECK_THROWS(merge(good, bad), Errc::invalid_argument);
        }
        CHECK_THROWS(update(bad, CovarianceType::full, ridge, {}, 1, events), Errc::invalid_argument);
        CHECK_THROWS(Run(two(), summary, bad), Errc::invalid_argument);
        CHECK_THROWS(Run(two(), summary, found.parameters).advance(bad), Errc::invalid_argument);
    };
    refuses([](Moments& m) { m = {}; });
    for (std::vector<double> Moments::* part :
         {&Moments::weights, &Moments::reference, &Moments::first, &Moments::scatter}) {
        refuses([part](Moments& m) { (m = {}).*part = {1.0}; });
    }
    refuses([](Moments& m) { (m = {}).n_features = 2; });
    refuses([](Moments& m) { (m = {}).total_weight = 1; });
    refuses([](Moments& m) { m.scatter_kind = wild<Scatter>; });
    refuses([](Moments& m) { m.n_rows = -1; });
    CHECK_THROWS(Run(two(), summary, found.parameters).advance(accumulate(found.scorer, Scatter::full, data.view())),
                 Errc::invalid_argument);
    refuses([](Moments& m) { m.total_weight = nan; });
    refuses([](Moments& m) { m.total_weight *= 2; });
    refuses([](Moments& m) { m.log_likelihood = nan; });
    refuses([](Moments& m) { m.log_likelihood = HUGE_VAL; });
    refuses([](Moments& m) { m.rounding = nan; });
    refuses([](Moments& m) { m.weights = {70, -10}; });
    for (std::vector<double> Moments::* part :
         {&Moments::weights, &Moments::reference, &Moments::first, &Moments::scatter}) {
        refuses([part](Moments& m) { (m.*part)[0] = nan; });
        refuses([part](Moments& m) { (m.*part).clear(); });
        refuses([part](Moments& m) { (m.*part).push_back(1); });
    }
}

void ridges_and_priors_that_do_not_fit() {
    const Model found = fit(two(), data.view());
    const Summary summary = summarize(data.view());
    const Moments moments = accumulate(found.scorer, Scatter::full, data.view());
    const Ridge good = make_ridge(two(), summary);
    std::vector<Event> events;
    for (const std::vector<double>& bad :
         {std::vector<double>{}, {1.0}, {1.0, 1.0, 1.0}, {1.0, nan}, {1.0, -1.0}, {HUGE_VAL, 1.0}}) {
        Parameters parameters = found.parameters;
        for (const Ridge& ridge : {Ridge{bad, good.rescue}, Ridge{good.added, bad}, Ridge{bad, bad}}) {
            CHECK_THROWS(update(moments, CovarianceType::full, ridge, {}, 1, events), Errc::invalid_argument);
            CHECK_THROWS(prepare(parameters, ridge, 1, events), Errc::invalid_argument);
        }
    }
    for (const Prior& prior : {Prior{}, Prior{{1}, 1, 5.0, {1, 0, 0, 1}}, Prior{{1, 2}, 1, 5.0, {1}},
                               Prior{{1, nan}, 1, 5.0, {1, 0, 0, 1}}}) {
        CHECK_THROWS(update(moments, CovarianceType::full, good, prior, 1, events), Errc::invalid_argument);
    }
    CHECK_THROWS(complete({}, two(), summary, {1, 0, 0}), Errc::invalid_argument);
    CHECK_THROWS(complete({}, two(), summary, {1, 0, 0, nan}), Errc::invalid_argument);
}

void evidence_of_no_rows() {
    const Scorer scorer = fit(two(), data.view()).scorer;
    const Evidence good = evidence(scorer, data.view());
    std::vector<double> but_one(60, 1.0);
    but_one[7] = 0;
    CHECK_EQUAL(evidence(scorer, data.view(), {but_one.data(), 60}).n_rows, 59);
    const auto refuses = [&](auto change) {
        Evidence bad = good;
        change(bad);
        CHECK_THROWS(criteria(bad, 11), Errc::invalid_argument);
    };
    refuses([](Evidence& e) { e = {}; });
    refuses([](Evidence& e) { e.total_weight = nan; });
    refuses([](Evidence& e) { e.log_likelihood = nan; });
    refuses([](Evidence& e) { e.log_top_probability = nan; });
    CHECK_THROWS(criteria(good, -1), Errc::invalid_argument);
}

/// Options of the C interface from a caller whose header is older or newer.
void options_of_other_sizes() {
    gaussmix_options_init(nullptr, sizeof(gaussmix_options));
    std::size_t untouched = 7;
    gaussmix_options_init(reinterpret_cast<gaussmix_options*>(&untouched), 4);  // no room for the size itself
    CHECK_EQUAL(untouched, std::size_t{7});

    struct Newer {
        gaussmix_options known;
        std::int64_t unknown;
    };
    Newer newer;
    gaussmix_options_init(&newer.known, sizeof(newer));
    newer.known.n_components = 2;
    const gaussmix_matrix matrix = gaussmix_row_major(data.values.data(), 60, 2);
    const auto fit_with = [&](gaussmix_error* error) {
        gaussmix_model* model = nullptr;
        const std::int32_t code = gaussmix_fit(&matrix, nullptr, &newer.known, nullptr, &model, error);
        CHECK((model == nullptr) == (code != GAUSSMIX_OK));
        gaussmix_model_free(model);
        return code;
    };
    CHECK_EQUAL(fit_with(nullptr), GAUSSMIX_OK);
    newer.unknown = 1;
    gaussmix_error error;
    CHECK_EQUAL(fit_with(&error), GAUSSMIX_INVALID_ARGUMENT);
    CHECK(std::string(error.message).find("too old") != std::string::npos);
    CHECK_EQUAL(fit_with(nullptr), GAUSSMIX_INVALID_ARGUMENT);
    newer.unknown = 0;
    for (const std::size_t size : {std::size_t{4}, std::size_t{70000}}) {
        newer.known.size = size;
        CHECK_EQUAL(fit_with(&error), GAUSSMIX_INVALID_ARGUMENT);
        CHECK(std::string(error.message).find("is not a size") != std::string::npos);
    }
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        for (const CovarianceType family : families) TEST(a_scorer_of_no_mixture(family));
        TEST(null_pointers());
        TEST(views_that_are_none());
        TEST(numbers_cast_to_enumerators());
        TEST(a_summary_of_no_rows());
        TEST(moments_of_no_rows());
        TEST(ridges_and_priors_that_do_not_fit());
        TEST(evidence_of_no_rows());
        TEST(options_of_other_sizes());
    });
}
