/// A host that holds its rows in two pieces drives the run itself and gets what a fit of all rows gets.
#include <cmath>

#include "check.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/fit.hpp"
#include "two_clusters.hpp"

using namespace gaussmix;

namespace {

const TwoClusters data(600);

constexpr Covariance families[] = {Covariance::full, Covariance::tied, Covariance::diag, Covariance::spherical};

MatrixView rows(Index from, Index to) {
    return row_major(data.values.data() + from * TwoClusters::n_features, to - from, TwoClusters::n_features);
}

Options options_for(Covariance family) {
    Options options;
    options.n_components = 2;
    options.family = family;
    options.tol = 0;
    options.max_iter = 20;
    return options;
}

Parameters rough_start(Covariance family) {
    Parameters start;
    start.family = family;
    start.n_components = 2;
    start.n_features = TwoClusters::n_features;
    start.weights = {0.5, 0.5};
    start.means = {1, 0, 8, -2};
    switch (family) {
        case Covariance::full: start.covariances = {4, 0, 0, 4, 4, 0, 0, 4}; break;
        case Covariance::tied: start.covariances = {4, 0, 0, 4}; break;
        case Covariance::diag: start.covariances = {4, 4, 4, 4}; break;
        case Covariance::spherical: start.covariances = {4, 4}; break;
    }
    return start;
}

bool all_close(const std::vector<double>& a, const std::vector<double>& b) {
    bool same = a.size() == b.size();
    for (std::size_t i = 0; same && i < a.size(); ++i) same = check::close(a[i], b[i], 1e-10);
    return same;
}

void chunks_give_what_one_pass_gives(Covariance family) {
    const Options options = options_for(family);
    const Fit whole = fit(data.view(), options, {}, rough_start(family));

    Run run(options, summarize(data.view()), rough_start(family));
    while (!run.done()) {
        const Scatter scatter = scatter_for(family);
        run.advance(merge(accumulate(rows(0, 250), {}, run.scorer(), scatter),
                          accumulate(rows(250, data.n_rows), {}, run.scorer(), scatter)));
    }
    CHECK(run.status() == Status::max_iter);
    CHECK(run.history().size() == 20);
    CHECK(whole.status == Status::max_iter);
    CHECK(all_close(run.history(), whole.history));
    CHECK(all_close(run.parameters().weights, whole.parameters.weights));
    CHECK(all_close(run.parameters().means, whole.parameters.means));
    CHECK(all_close(run.parameters().covariances, whole.parameters.covariances));
}

/// Without a ridge EM cannot lose likelihood (Dempster, Laird and Rubin 1977, theorem 1).
void likelihood_never_falls(Covariance family) {
    Options options = options_for(family);
    options.reg_covar = 0;
    const Fit found = fit(data.view(), options, {}, rough_start(family));
    for (std::size_t i = 1; i < found.history.size(); ++i) {
        CHECK(found.history[i] >= found.history[i - 1] - 1e-12 * std::fabs(found.history[i]));
    }
}

void moments_count_rows_and_weights() {
    const Scorer scorer = prepare(rough_start(Covariance::full));
    const std::vector<double> twice(data.n_rows, 2.0);
    const Moments plain = accumulate(data.view(), {}, scorer, Scatter::full);
    const Moments doubled = accumulate(data.view(), {twice.data(), data.n_rows}, scorer, Scatter::full);
    CHECK(plain.n_rows == data.n_rows);
    CHECK_CLOSE(plain.total_weight, 600, 1e-14);
    CHECK_CLOSE(plain.weights[0] + plain.weights[1], 600, 1e-12);
    CHECK_CLOSE(doubled.total_weight, 1200, 1e-14);
    CHECK_CLOSE(doubled.log_likelihood, 2 * plain.log_likelihood, 1e-12);
    CHECK_THROWS(merge(plain, accumulate(data.view(), {}, scorer, Scatter::diagonal)), Errc::invalid_argument);
}

void an_interrupted_run_is_done() {
    Run run(options_for(Covariance::full), summarize(data.view()), rough_start(Covariance::full));
    CHECK(!run.done());
    run.interrupt();
    CHECK(run.done());
    CHECK(run.status() == Status::interrupted);
}

}  // namespace

int main() {
    return check::run([] {
        for (const Covariance family : families) {
            chunks_give_what_one_pass_gives(family);
            likelihood_never_falls(family);
        }
        moments_count_rows_and_weights();
        an_interrupted_run_is_done();
    });
}
