/// The order of rows and means in space: each once, the same for the same points, and near ones near each other.
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "check.hpp"
#include "em/pruning/space.hpp"

namespace {

using namespace gaussmix;

std::vector<double> uniform_points(Index n, Index d, double largest = 1) {
    std::mt19937_64 random(static_cast<std::uint64_t>(n + d));
    std::uniform_real_distribution<double> uniform(0, largest);
    std::vector<double> x(static_cast<std::size_t>(n * d));
    for (double& value : x) value = uniform(random);
    return x;
}

bool is_permutation(std::vector<std::uint16_t> order, Index n) {
    std::sort(order.begin(), order.end());
    bool result = static_cast<Index>(order.size()) == n;
    for (Index i = 0; result && i < n; ++i) result = order[static_cast<std::size_t>(i)] == i;
    return result;
}

/// Returns the mean squared distance of rows of the same leaf from the first of it.
double spread(const std::vector<double>& x, Index d, const std::vector<std::uint16_t>& order, Index leaf) {
    double sum = 0;
    for (std::size_t p = 0; p < order.size(); ++p) {
        const std::size_t first = p / static_cast<std::size_t>(leaf) * static_cast<std::size_t>(leaf);
        for (Index j = 0; j < d; ++j) {
            sum += std::pow(
                x[static_cast<std::size_t>(order[p] * d + j)] - x[static_cast<std::size_t>(order[first] * d + j)], 2);
        }
    }
    return sum / static_cast<double>(order.size());
}

void near_rows_are_in_one_leaf(Index n, Index d, Index leaf, double most_of_it) {
    const std::vector<double> x = uniform_points(n, d);
    const rows::Context context(Execution{});
    const rows::Data rows{row_major(x.data(), n, d), {}, context};
    const std::vector<float> units = em::units_in_space(rows);
    for (const float unit : units) CHECK(std::abs(unit - std::sqrt(12.0F)) < 0.5F);
    const std::vector<std::uint16_t> order = em::order_in_space(rows, 0, n, units, leaf);
    CHECK(is_permutation(order, n));
    std::vector<std::uint16_t> given = order;
    std::sort(given.begin(), given.end());
    CHECK(spread(x, d, order, leaf) < most_of_it * spread(x, d, given, leaf));
    // A part of the rows is ordered by itself.
    const std::vector<std::uint16_t> part = em::order_in_space(rows, n / 3, n / 2, units, leaf);
    CHECK(is_permutation(part, n / 2));
}

void rows_are_halved_at_medians() {
    // One feature: the leaves are the sorted rows, eight by eight, whatever the order of rows.
    const Index n = 1003;
    const std::vector<double> x = uniform_points(n, 1);
    const rows::Context context(Execution{});
    const rows::Data rows{row_major(x.data(), n, 1), {}, context};
    const std::vector<std::uint16_t> order = em::order_in_space(rows, 0, n, em::units_in_space(rows), 8);
    std::vector<double> sorted = x;
    std::sort(sorted.begin(), sorted.end());
    bool is_sorted = true;
    for (std::size_t first = 0; first < x.size(); first += 8) {
        std::vector<double> leaf;
        for (std::size_t p = first; p < std::min(first + 8, x.size()); ++p) leaf.push_back(x[order[p]]);
        std::sort(leaf.begin(), leaf.end());
        is_sorted &= std::equal(leaf.begin(), leaf.end(), sorted.begin() + static_cast<std::ptrdiff_t>(first));
    }
    CHECK(is_sorted);
}

void ranks_are_places() {
    const Index n = 777;
    const std::vector<double> means = uniform_points(n, 1);
    const std::vector<std::uint16_t> ranks = em::ranks_in_space(means, n, {1.0F});
    CHECK(is_permutation(ranks, n));
    bool rises = true;
    for (std::size_t a = 0; a < means.size(); ++a) {
        for (std::size_t b = 0; b < means.size(); ++b)
            rises &= (means[a] < means[b]) == (ranks[a] < ranks[b]) || a == b;
    }
    CHECK(rises);
}

void odd_rows_have_places_too() {
    // Rows without weight may hold anything; a constant feature and one of many scales do no harm.
    const Index n = 100, d = 3;
    std::vector<double> x = uniform_points(n, d);
    for (Index i = 0; i < n; ++i) x[static_cast<std::size_t>(i * d)] = 5;
    for (Index i = 0; i < n; ++i) x[static_cast<std::size_t>(i * d + 1)] *= i % 2 == 0 ? 1e-200 : 1e200;
    x[7] = std::numeric_limits<double>::quiet_NaN();
    x[8] = -std::numeric_limits<double>::infinity();
    std::vector<double> weights(static_cast<std::size_t>(n), 1);
    weights[2] = 0;
    const rows::Context context(Execution{});
    const rows::Data rows{row_major(x.data(), n, d), {weights.data(), n}, context};
    const std::vector<float> units = em::units_in_space(rows);
    CHECK_EQUAL(units[0], 0.0F);
    CHECK(is_permutation(em::order_in_space(rows, 0, n, units, 8), n));
    CHECK(is_permutation(em::order_in_space(rows, 0, 1, units, 8), 1));
    // All alike.
    const std::vector<double> same(static_cast<std::size_t>(n * d), 2.0);
    const rows::Data alike{row_major(same.data(), n, d), {}, context};
    CHECK(is_permutation(em::order_in_space(alike, 0, n, em::units_in_space(alike), 16), n));
    CHECK(is_permutation(em::ranks_in_space(same, n, em::units_in_space(alike)), n));
}

}  // namespace

int main() {
    return check::run([] {
        TEST(near_rows_are_in_one_leaf(1000, 2, 8, 0.1));
        TEST(near_rows_are_in_one_leaf(4001, 3, 16, 0.1));
        TEST(near_rows_are_in_one_leaf(30'011, 40, 8, 0.95));
        TEST(rows_are_halved_at_medians());
        TEST(ranks_are_places());
        TEST(odd_rows_have_places_too());
    });
}
