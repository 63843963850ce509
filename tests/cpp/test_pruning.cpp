/// Pruning against the dense pass and against brute force: a pass that leaves out pairs gives the bits of the dense
/// pass over the rows in the same order, and no bound is above any true distance.
#include <algorithm>
#include <random>
#include <stdexcept>
#include <string>

#include "check.hpp"
#include "em/pass/pass.hpp"
#include "families/family.hpp"
#include "gaussmix/gaussmix.hpp"
#include "kernels/layout.hpp"

namespace {

using namespace gaussmix;

/// Clusters of very different sizes and spreads, some rows twice, some far from all, some of weight zero.
template <class T>
struct Rows {
    Index n, d;
    std::vector<T> x;
    std::vector<double> weights;

    Rows(Index n_, Index d_, Index n_clusters, double separation) : n(n_), d(d_) {
        std::mt19937_64 random(static_cast<std::uint64_t>(n + 31 * d + 7 * n_clusters));
        std::uniform_real_distribution<double> uniform(-1, 1);
        const auto normal = [&] { return uniform(random) + uniform(random) + uniform(random); };
        std::vector<double> centres;
        for (Index i = 0; i < n_clusters * d; ++i) centres.push_back(separation * normal());
        for (Index i = 0; i < n; ++i) {
            const Index k = i % 50 == 0 ? 0 : 1 + i % (n_clusters - 1);  // cluster 0 is small
            const double spread = i % 97 == 0 ? 20 : 0.5 + 0.1 * static_cast<double>(k % 7);
            for (Index j = 0; j < d; ++j) {
                const bool twice = i % 10 == 9 && i > 1;
                const double value =
                    centres[static_cast<std::size_t>(k * d + j)] + spread * (normal() + (j > 0 ? 0.3 : 0) * normal());
                x.push_back(twice ? x[x.size() - static_cast<std::size_t>(d)] : static_cast<T>(value));
            }
            weights.push_back(i % 13 == 5 ? 0 : 1 + 0.25 * static_cast<double>(i % 3));
        }
    }

    /// The same rows in another order.
    Rows in_order(rows::Order order) const {
        Rows result = *this;
        for (Index p = 0; p < n; ++p) {
            const Index row = rows::row_at(order, p);
            std::copy_n(x.begin() + row * d, d, result.x.begin() + p * d);
            result.weights[static_cast<std::size_t>(p)] = weights[static_cast<std::size_t>(row)];
        }
        return result;
    }

    MatrixView view() const { return row_major(x.data(), n, d); }
    WeightsView weights_view() const { return {weights.data(), n}; }
};

double distance(const ScorerNumbers& scorer, Index k, const double* x) {
    const Index d = scorer.n_features;
    const double* mean = scorer.means.data() + k * d;
    const double* factor =
        scorer.factors.data() + k * (static_cast<Index>(scorer.factors.size()) / scorer.n_components);
    double square = 0;
    for (Index i = 0; i < d; ++i) {
        double y = 0;
        if (scorer.whitening == Whitening::full) {
            for (Index j = 0; j <= i; ++j) {
                y += factor[kernels::packed_factor_index(i, j)] * (x[j] - mean[j]);
            }
        } else {
            y = factor[scorer.whitening == Whitening::diagonal ? i : 0] * (x[i] - mean[i]);
        }
        square += y * y;
    }
    return std::sqrt(square);
}

template <class T>
Index count_bounds_above_distances(const Rows<T>& rows, const ScorerNumbers& scorer, em::Screening& screening) {
    Index n_above = 0;
    for (Index p = 0; p < rows.n; ++p) {
        const Index row = rows::row_at(screening.order(), p);
        if (rows.weights[static_cast<std::size_t>(row)] == 0) continue;
        std::vector<double> x(static_cast<std::size_t>(rows.d));
        std::copy_n(rows.x.begin() + row * rows.d, rows.d, x.begin());
        const std::int16_t* bounds = screening.bounds(p / screening.group());
        for (Index k = 0; k < scorer.n_components; ++k) {
            const double bound = bounds[k] * static_cast<double>(kernels::bound_unit);
            if (bound > distance(scorer, k, x.data())) ++n_above;
        }
    }
    return n_above;
}

bool same(const Moments& a, const Moments& b) {
    return a.total_weight == b.total_weight && a.log_likelihood == b.log_likelihood && a.weights == b.weights &&
           a.first == b.first && a.scatter == b.scatter;
}

/// Each cluster's means from a few of its rows: near, but not at, what EM will find.
template <class T>
Parameters rough_start(const Rows<T>& rows, const Summary& summary, CovarianceType family, Index n_components) {
    Parameters p;
    p.covariance_type = family;
    p.n_components = n_components;
    p.n_features = rows.d;
    // Many components in few features are narrow.
    const double narrower = std::max(10.0, std::pow(n_components, 2 / static_cast<double>(rows.d)));
    p.weights.assign(static_cast<std::size_t>(n_components), 1 / static_cast<double>(n_components));
    for (Index k = 0; k < n_components; ++k) {
        const Index row = k == 0 ? 50 : k;
        for (Index j = 0; j < rows.d; ++j) p.means.push_back(rows.x[static_cast<std::size_t>(row * rows.d + j)]);
        if (family == CovarianceType::spherical) p.covariances.push_back(summary.variances[0] / narrower);
        for (Index i = 0; i < rows.d && family != CovarianceType::spherical; ++i) {
            for (Index j = 0; j < rows.d; ++j) {
                const double variance = summary.variances[static_cast<std::size_t>(j)] / narrower;
                if (family == CovarianceType::full) p.covariances.push_back(i == j ? variance : 0);
                if (family == CovarianceType::diag && i == j) p.covariances.push_back(variance);
            }
        }
    }
    return p;
}

template <class T>
void check_passes(Index n, Index d, Index n_components, double separation, CovarianceType family, int n_threads,
                  Index n_passes = 20, bool has_background = false) {
    const Rows<T> rows(n, d, n_components, separation);
    Execution execution;
    execution.n_threads = n_threads;
    const rows::Context context(execution);
    const Summary summary = summarize(rows.view(), rows.weights_view(), execution);
    Options options;
    options.n_components = n_components;
    options.covariance_type = family;
    options.tol = 0;
    options.max_iter = n_passes;
    Parameters start = rough_start(rows, summary, family, n_components);
    if (has_background) {  // over some of the rows' box: outliers are its, and it competes with clusters
        options.noise = NoiseOptions{0.2, -2.0 * static_cast<double>(d), {}};
        for (const double variance : summary.variances) *options.noise->log_volume += std::log(12 * variance) / 2 + 1;
        for (double& weight : start.weights) weight *= 0.8;
        start.noise = Noise{0.2, *options.noise->log_volume};
    }
    Run run(options, summary, start, execution);
    em::Screening screening(rows.view(), n_components, whitening::of(run.scorer().numbers()), true);
    const Scatter scatter = scatter_for(family);
    em::Passes pass({rows.view(), rows.weights_view(), context}, n_components, scatter::of(scatter));
    double least_evaluated = 1;
    // As the next pass will visit them: with many features or components, they are sorted before the first one.
    const auto in_order = [&](const em::Screening& of) {
        if (of.use() != em::Screening::Use::guess) return rows.in_order(of.order());
        em::Screening first(rows.view(), n_components, whitening::of(run.scorer().numbers()), true);
        first.begin({&run.scorer().numbers(), &run.parameters().covariances}, pass.rows());
        const bool sorts = first.use() == em::Screening::Use::screen || of.order() == nullptr;
        return rows.in_order((sorts ? first : of).order());
    };
    while (!run.done()) {
        const Scorer scorer = run.scorer();
        const Rows<T> ordered = in_order(screening);
        const Moments dense = accumulate(scorer, scatter, ordered.view(), ordered.weights_view(), execution);
        const Moments& pruned = pass({&run.scorer().numbers(), &run.parameters().covariances}, screening);
        CHECK(same(dense, pruned));
        if (screening.use() == em::Screening::Use::screen) {
            CHECK_EQUAL(count_bounds_above_distances(rows, scorer.numbers(), screening), 0);
        }
        least_evaluated = std::min(least_evaluated, screening.share().evaluated);
        CHECK(screening.share().kept <= screening.share().evaluated);
        run.advance(pruned);
    }
    // Another run begins anew.
    em::Screening another(rows.view(), n_components, whitening::of(run.scorer().numbers()), true);
    const Rows<T> ordered = in_order(another);
    CHECK(same(pass({&run.scorer().numbers(), &run.parameters().covariances}, another),
               accumulate(run.scorer(), scatter, ordered.view(), ordered.weights_view(), execution)));
    // Without anything left out the rest would prove nothing.
    if (separation > 1) CHECK(least_evaluated < 0.6);
}

template <class T>
void check_families(int n_threads) {
    for (const CovarianceType family : {CovarianceType::full, CovarianceType::diag, CovarianceType::spherical}) {
        check_passes<T>(4001, 8, 24, 6, family, n_threads);
        check_passes<T>(2999, 9, 70, 8, family, n_threads);
        check_passes<T>(8003, 17, 20, 6, family, n_threads);
        check_passes<T>(1500, 17, 20, 6, family, n_threads);  // few tiles
        check_passes<T>(1500, 50, 17, 6, family, n_threads);
        check_passes<T>(3000, 8, 16, 0, family, n_threads);  // one blob
        check_passes<T>(2001, 3, 200, 60, family, n_threads);
        check_passes<T>(2001, 2, 200, 0, family, n_threads);
        check_passes<T>(4001, 8, 24, 6, family, n_threads, 12, true);
        check_passes<T>(8003, 17, 20, 6, family, n_threads, 8, true);
        check_passes<T>(1500, 50, 17, 6, family, n_threads, 8, true);
        check_passes<T>(3000, 8, 16, 0, family, n_threads, 8, true);
    }
    check_passes<T>(1100, 69, 5, 6, CovarianceType::full, n_threads, 12, true);
    check_passes<T>(3001, 10, 1000, 20, CovarianceType::diag, n_threads, 8, true);
    check_passes<T>(4003, 10, 1000, 20, CovarianceType::full, n_threads, 6);
    check_passes<T>(3001, 3, 1000, 100, CovarianceType::diag, n_threads, 8);
    check_passes<T>(3001, 3, 1000, 100, CovarianceType::full, n_threads, 8);
    check_passes<T>(70'001, 2, 200, 60, CovarianceType::diag, n_threads, 9);  // more than a block of rows in space
    check_passes<T>(3001, 5, 8, 6, CovarianceType::full, n_threads);
    check_passes<T>(1100, 69, 5, 6, CovarianceType::full, n_threads);  // few rows to a feature
    check_passes<T>(1100, 69, 5, 0, CovarianceType::full, n_threads);
    // Many components: few groups of a tile for each.
    check_passes<T>(3001, 10, 1000, 20, CovarianceType::diag, n_threads, 8);
    check_passes<T>(3001, 10, 1000, 20, CovarianceType::spherical, n_threads, 8);
    check_passes<T>(3001, 4, 1000, 100, CovarianceType::full, n_threads, 8);
    check_passes<T>(2001, 1, 200, 1, CovarianceType::full, n_threads, 8);
}

}  // namespace

/// Which of them is to be run: by itself each keeps one CPU busy.
int main(int argc, char** argv) {
    const std::string which = argc > 1 ? argv[1] : "";
    return check::run([&which] {
        if (which == "float64") {
            check_families<double>(1);
        } else if (which == "threads") {
            check_families<double>(3);
        } else if (which == "float32") {
            check_families<float>(2);
        } else {
            throw std::invalid_argument("test_pruning float64 | threads | float32");
        }
    });
}
