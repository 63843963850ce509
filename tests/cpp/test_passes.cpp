/// What a pass of a run finds in memory that passes before it have used, those of another E-step among them, changes
/// nothing: it gives the bits of a pass of its own.
#include "check.hpp"
#include "em/pass/pass.hpp"
#include "families/family.hpp"
#include "gaussmix/fit.hpp"
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

Parameters wide_start(Covariance family, Index d, const Summary& summary) {
    Parameters start;
    start.family = family;
    start.n_components = n_components;
    start.n_features = d;
    start.weights.assign(n_components, 1.0 / n_components);
    for (Index k = 0; k < n_components; ++k) {
        for (Index j = 0; j < d; ++j) start.means.push_back(60 * static_cast<double>(k));
    }
    const bool whole = family == Covariance::full || family == Covariance::tied;
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
void passes_of_a_run_are_passes_of_their_own(Covariance family, Index n, Index d, int n_threads) {
    const Rows<T> rows(n, d);
    const MatrixView x = row_major(rows.x.data(), n, d);
    const WeightsView weights{rows.weights.data(), n};
    Execution execution;
    execution.n_threads = n_threads;
    const rows::Context context(execution);
    const Summary summary = summarize(x, weights, execution);
    Options options;
    options.n_components = n_components;
    options.family = family;
    options.tol = 0;
    options.max_iter = 8;
    Run run(options, summary, wide_start(family, d, summary), execution);
    em::Screening screening(x, n_components, whitening::of(run.scorer()), false);
    em::Passes pass({x, weights, context}, n_components, families::get(family).scatter);
    while (!run.done()) {
        const Moments alone = accumulate(run.scorer(), scatter_for(family), x, weights, execution);
        pass({em::Source::Model{&run.scorer(), estep::Finish::assignments}, n_components}, run.scorer().means);
        const Moments& moments = pass({&run.scorer(), &run.parameters().covariances}, screening);
        CHECK(same(moments, alone));
        run.advance(moments);
    }
    if (family == Covariance::tied) CHECK_EQUAL(run.scorer().whitening, Whitening::full);
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        for (const Covariance family : {Covariance::full, Covariance::tied, Covariance::diag, Covariance::spherical}) {
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
