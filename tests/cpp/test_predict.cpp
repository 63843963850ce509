/// Labels of many rows, which leave most distances unfinished, against those of the same rows a few at a time and
/// against probabilities, which leave none.
#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "check.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/scoring.hpp"
#include "gaussmix/system.hpp"

using namespace gaussmix;

namespace {

/// Clusters whose features are correlated, two components of one cluster, one component without weight, and some that
/// single precision hardly tells from the one before.
Parameters mixture(Index n_components, Index d, double separation) {
    std::mt19937_64 random(static_cast<std::uint64_t>(n_components + 100 * d));
    std::normal_distribution<double> normal;
    Parameters p;
    p.covariance_type = CovarianceType::full;
    p.n_components = n_components;
    p.n_features = d;
    for (Index k = 0; k < n_components; ++k) {
        p.weights.push_back(k == 2 ? 0 : 1 / static_cast<double>(n_components - 1));
        for (Index j = 0; j < d; ++j) p.means.push_back(separation * normal(random));
        std::vector<double> loading;
        for (Index j = 0; j < d; ++j) loading.push_back(normal(random));
        for (Index i = 0; i < d; ++i) {
            for (Index j = 0; j < d; ++j) {
                p.covariances.push_back(0.5 * loading[static_cast<std::size_t>(i)] *
                                            loading[static_cast<std::size_t>(j)] +
                                        (i == j ? 1 + 0.1 * static_cast<double>(k % 5) : 0));
            }
        }
    }
    for (Index k = 6; k < n_components; k += 5) {
        for (Index j = 0; j < d; ++j) {
            p.means[static_cast<std::size_t>(k * d + j)] = p.means[static_cast<std::size_t>((k - 1) * d + j)] + 1e-5;
        }
        std::copy_n(p.covariances.begin() + (k - 1) * d * d, d * d, p.covariances.begin() + k * d * d);
    }
    std::copy_n(p.means.begin() + 3 * d, d, p.means.begin() + 4 * d);
    std::copy_n(p.covariances.begin() + 3 * d * d, d * d, p.covariances.begin() + 4 * d * d);
    return p;
}

/// Rows of the mixture, some of them far from all of it and some twice.
template <class T>
std::vector<T> draw(const Parameters& p, Index n, double far) {
    std::vector<double> x(static_cast<std::size_t>(n * p.n_features));
    std::vector<std::int64_t> labels(static_cast<std::size_t>(n));
    sample(p, n, 0, x, labels);
    for (Index i = 0; i < n; ++i) {
        double* row = x.data() + i * p.n_features;
        if (i % 101 == 7) std::for_each(row, row + p.n_features, [=](double& value) { value *= far; });
        if (i % 10 == 3) std::copy_n(row - p.n_features, p.n_features, row);
    }
    return std::vector<T>(x.begin(), x.end());
}

template <class T>
std::vector<std::int64_t> labels_in_pieces(const std::vector<T>& x, Index d, const Scorer& scorer,
                                           const Execution& execution) {
    constexpr Index few = 1000;
    const Index n = static_cast<Index>(x.size()) / d;
    std::vector<std::int64_t> labels(static_cast<std::size_t>(n));
    for (Index first = 0; first < n; first += few) {
        predict(scorer, row_major(x.data() + first * d, std::min(few, n - first), d),
                {labels.data() + first, std::min(few, n - first)}, execution);
    }
    return labels;
}

/// The first of the largest probabilities of each row.
template <class T>
std::vector<std::int64_t> most_probable(const std::vector<T>& x, Index d, const Scorer& scorer,
                                        const Execution& execution) {
    const Index n = static_cast<Index>(x.size()) / d;
    std::vector<double> shares(static_cast<std::size_t>(n * scorer.n_components()));
    predict_proba(scorer, row_major(x.data(), n, d), shares, execution);
    std::vector<std::int64_t> labels;
    for (Index i = 0; i < n; ++i) {
        const double* of = shares.data() + i * scorer.n_components();
        labels.push_back(std::max_element(of, of + scorer.n_components()) - of);
    }
    return labels;
}

template <class T>
void labels_do_not_depend_on_how_many_rows_are_asked(Index n, Index n_components, Index d, double separation,
                                                     double far) {
    const Parameters p = mixture(n_components, d, separation);
    const Scorer scorer = prepare(p);
    const std::vector<T> x = draw<T>(p, n, far);
    for (const std::string& instruction_set : system_info().instruction_sets) {
        for (const int n_threads : {1, 3}) {
            Execution execution;
            execution.instruction_set = instruction_set;
            execution.n_threads = n_threads;
            std::vector<std::int64_t> labels(static_cast<std::size_t>(n), -1);
            predict(scorer, row_major(x.data(), n, d), labels, execution);
            // Which rows share a tile decides where single precision does not do.
            if (std::is_same_v<T, double>) CHECK_EQUAL(labels, labels_in_pieces(x, d, scorer, execution));
            CHECK_EQUAL(labels, most_probable(x, d, scorer, execution));
            CHECK(std::count(labels.begin(), labels.end(), 2) == 0);  // has no weight
            CHECK(std::count(labels.begin(), labels.end(), 4) == 0);  // the second of two that are equal
            CHECK(std::count(labels.begin(), labels.end(), 3) > 0);
        }
    }
}

/// A number that is not finite is named by its place in the whole matrix.
void what_is_not_finite_is_named(Index row, Index feature) {
    const Index n = 6000;
    const Index d = 40;
    const Parameters p = mixture(6, d, 3);
    std::vector<double> x = draw<double>(p, n, 1);
    x[static_cast<std::size_t>(row * d + feature)] = std::numeric_limits<double>::quiet_NaN();
    std::vector<std::int64_t> labels(static_cast<std::size_t>(n));
    try {
        predict(prepare(p), row_major(x.data(), n, d), labels);
        CHECK(false);
    } catch (const NotFinite& error) {
        CHECK_EQUAL(error.row(), row);
        CHECK_EQUAL(error.feature(), feature);
    }
}

template <class T>
void check_all(double far, double farther) {
    labels_do_not_depend_on_how_many_rows_are_asked<T>(40'007, 16, 40, 1.5, 3);  // several blocks of an order
    labels_do_not_depend_on_how_many_rows_are_asked<T>(12'001, 70, 41, 2, far);
    labels_do_not_depend_on_how_many_rows_are_asked<T>(9'001, 9, 50, 1.5, farther);
    labels_do_not_depend_on_how_many_rows_are_asked<T>(8'000, 6, 47, 0.5, 3);  // most distances are finished
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        TEST(check_all<double>(1e6, 1e200));  // whose squares overflow
        TEST(check_all<float>(1e3, 1e30));
        TEST(what_is_not_finite_is_named(0, 3));
        TEST(what_is_not_finite_is_named(5999, 39));
        TEST(what_is_not_finite_is_named(2048, 0));
    });
}
