/// The nearest of centres that move, found with bounds, against brute force.
#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "check.hpp"
#include "em/starts/nearest.hpp"

namespace {

using namespace gaussmix;

/// Clusters, some of whose rows lie far out and some of which weigh more.
em::Sample draw(Index n, Index d, Index n_clusters, double separation, std::mt19937_64& random) {
    std::normal_distribution<double> normal;
    std::vector<double> centres;
    for (Index i = 0; i < n_clusters * d; ++i) centres.push_back(separation * normal(random));
    em::Sample sample;
    sample.n_features = d;
    for (Index i = 0; i < n; ++i) {
        const double spread = i % 97 == 0 ? 300 : 1;
        for (Index j = 0; j < d; ++j) {
            sample.values.push_back(centres[static_cast<std::size_t>(i % n_clusters * d + j)] +
                                    spread * normal(random));
        }
        sample.weights.push_back(1 + static_cast<double>(i % 3));
    }
    return sample;
}

/// A row is the same for a centre whatever the order, so ties are exact.
double squared_distance(const double* x, const double* centre, Index d) {
    double sum = 0;
    for (Index j = 0; j < d; ++j) sum = std::fma(x[j] - centre[j], x[j] - centre[j], sum);
    return sum;
}

void nearest_centres_are_those_of_brute_force(Index n, Index d, Index n_centres, double separation, int n_threads) {
    std::mt19937_64 random(static_cast<std::uint64_t>(n + d + n_centres));
    std::normal_distribution<double> normal;
    const em::Sample sample = draw(n, d, n_centres, separation, random);
    Summary units;
    units.means.assign(static_cast<std::size_t>(d), 0.0);
    units.variances.assign(static_cast<std::size_t>(d), 1.0);
    Execution execution;
    execution.n_threads = n_threads;
    const rows::Context context(execution);
    em::NearestCentres nearest(sample, n_centres, units, true, context);

    std::vector<double> centres(sample.values.begin(), sample.values.begin() + n_centres * d);
    double step = 2;
    for (int iteration = 0; iteration < 12; ++iteration) {
        std::copy_n(centres.begin(), d, centres.begin() + (n_centres - 1) * d);  // the first of equal ones counts
        std::vector<Index> labels(sample.weights.size(), -1);
        std::vector<double> squares(labels.size());
        nearest.find(centres, labels, squares);
        Index n_wrong = 0;
        for (Index i = 0; i < n; ++i) {
            double least = std::numeric_limits<double>::infinity();
            Index label = -1;
            for (Index k = 0; k < n_centres; ++k) {
                const double square = squared_distance(sample.row(i), centres.data() + k * d, d);
                if (square < least) {
                    least = square;
                    label = k;
                }
            }
            const auto at = static_cast<std::size_t>(i);
            const bool same = label == labels[at] && check::close(least * sample.weights[at], squares[at], 1e-14);
            n_wrong += same ? 0 : 1;
        }
        CHECK_EQUAL(n_wrong, 0);
        // They come to rest, then one jumps.
        for (double& value : centres) value += step * normal(random);
        step /= 3;
        if (iteration == 8) std::copy_n(sample.row(n - 1), d, centres.begin() + d);
    }
}

}  // namespace

int main(int argc, char** argv) {
    return check::run(argc, argv, [] {
        for (const int n_threads : {1, 3}) {
            TEST(nearest_centres_are_those_of_brute_force(3001, 16, 40, 3, n_threads));
            TEST(nearest_centres_are_those_of_brute_force(20'003, 8, 70, 3,
                                                          n_threads));  // more than a block of an order
            TEST(nearest_centres_are_those_of_brute_force(4003, 6, 300, 3, n_threads));  // rows in space
            TEST(nearest_centres_are_those_of_brute_force(4003, 3, 300, 3, n_threads));
            TEST(nearest_centres_are_those_of_brute_force(2000, 65, 17, 1, n_threads));
            TEST(nearest_centres_are_those_of_brute_force(2000, 16, 40, 0, n_threads));  // one cluster
            TEST(nearest_centres_are_those_of_brute_force(2000, 3, 5, 3, n_threads));    // too little for bounds
            TEST(nearest_centres_are_those_of_brute_force(300, 16, 40, 3, n_threads));
        }
    });
}
