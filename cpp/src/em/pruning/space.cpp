#include "em/pruning/space.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "rows/tile.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::em {
namespace {

constexpr Index looked_at = 32;  // points that tell which coordinate of a part is widest

/// Returns a number that is ordered as the float is, which is not NaN.
std::uint64_t ordered(float value) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof(bits));
    return (bits >> 31) != 0 ? ~bits : bits | 0x80000000U;
}

/// Partitions different numbers so that the n-th smallest ones come first. Unlike std::nth_element, leaves the same
/// order with every library.
void select(std::uint64_t* begin, std::uint64_t* end, Index n) {
    while (end - begin > 1) {
        std::uint64_t* const middle = begin + (end - begin) / 2;
        std::uint64_t* const last = end - 1;
        if (*middle < *begin) std::swap(*middle, *begin);
        if (*last < *begin) std::swap(*last, *begin);
        if (*middle < *last) std::swap(*middle, *last);
        const std::uint64_t pivot = *last;  // the median of three
        std::uint64_t* less = begin;
        for (std::uint64_t* at = begin; at < last; ++at) {  // without branches
            const std::uint64_t value = *at;
            *at = *less;
            *less = value;
            less += value < pivot ? 1 : 0;
        }
        std::swap(*less, *last);
        const Index n_less = less - begin;
        if (n <= n_less) {
            end = less;
        } else {
            begin = less + 1;
            n -= n_less + 1;
        }
    }
}

/// Points by coordinate, and the tree over them.
class Tree {
public:
    Tree(Index n, Index n_coordinates, Index leaf)
        : n_(n), n_coordinates_(n_coordinates), leaf_(leaf), x_(n * n_coordinates), keys_(n), order_(n) {}

    void set(Index i, Index j, double value, float unit) {
        constexpr double largest = 1e30;
        const double scaled = std::clamp(value * static_cast<double>(unit), -largest, largest);
        x_[j * n_ + i] = std::isnan(scaled) ? 0.0F : static_cast<float>(scaled);
    }

    std::vector<std::uint16_t> order() {
        std::iota(order_.begin(), order_.end(), std::uint16_t{0});
        split(0, n_);
        return std::move(order_);
    }

private:
    void split(Index begin, Index end) {
        while (end - begin > leaf_) {
            const float* x = x_.data() + widest(begin, end) * n_;
            for (Index p = begin; p < end; ++p) keys_[p] = ordered(x[order_[p]]) << 16 | order_[p];
            const Index half = kernels::round_up((end - begin) / 2, leaf_);
            select(keys_.data() + begin, keys_.data() + end, half);
            for (Index p = begin; p < end; ++p) order_[p] = static_cast<std::uint16_t>(keys_[p] & 0xFFFF);
            split(begin, begin + half);
            begin += half;
        }
    }

    /// Returns the coordinate of the largest variance in a part.
    Index widest(Index begin, Index end) const {
        const Index n = std::min(end - begin, looked_at);
        const Index step = (end - begin) / n;
        Index result = 0;
        double most = -1;
        for (Index j = 0; j < n_coordinates_; ++j) {
            const float* x = x_.data() + j * n_;
            double sum = 0;
            double squares = 0;
            const auto origin = static_cast<double>(x[order_[begin]]);
            for (Index s = 0; s < n; ++s) {
                const double value = static_cast<double>(x[order_[begin + s * step]]) - origin;
                sum += value;
                squares += value * value;
            }
            const double variance = squares - sum * sum / static_cast<double>(n);
            if (variance > most) {
                most = variance;
                result = j;
            }
        }
        return result;
    }

    Index n_;
    Index n_coordinates_;
    Index leaf_;
    std::vector<float> x_;  // (n_coordinates, n)
    std::vector<std::uint64_t> keys_;
    std::vector<std::uint16_t> order_;
};

}  // namespace

std::vector<float> units_in_space(const rows::Data& rows) {
    const Index d = rows.x.n_features;
    const Index step = std::max<Index>(rows.x.n_rows / tuning::sampled_rows, 1);
    std::vector<double> row(d);
    std::vector<double> mean(d);
    std::vector<double> squares(d);
    double n = 0;
    for (Index i = 0; i < rows.x.n_rows; i += step) {
        if (rows.weights && !(rows.weights.data[i] > 0)) continue;
        rows::read_row(rows.x, i, row.data());
        ++n;
        for (Index j = 0; j < d; ++j) {  // Welford's method
            const double from_mean = row[j] - mean[j];
            mean[j] += from_mean / n;
            squares[j] += from_mean * (row[j] - mean[j]);
        }
    }
    std::vector<float> units;
    for (const double square : squares) {
        const double unit = std::sqrt(n / square);
        units.push_back(std::isfinite(unit) ? static_cast<float>(unit) : 0.0F);
    }
    return units;
}

std::vector<std::uint16_t> order_in_space(const rows::Data& rows, Index first, Index n, const std::vector<float>& units,
                                          Index leaf) {
    const Index n_coordinates = std::min(rows.x.n_features, tuning::most_coordinates);
    Tree tree(n, n_coordinates, leaf);
    std::vector<double> row(rows.x.n_features);
    for (Index i = 0; i < n; ++i) {
        rows::read_row(rows.x, first + i, row.data());
        for (Index j = 0; j < n_coordinates; ++j) tree.set(i, j, row[j], units[j]);
    }
    return tree.order();
}

std::vector<std::uint16_t> ranks_in_space(const std::vector<double>& means, Index n, const std::vector<float>& units) {
    const Index d = signed_size(units);
    const Index n_coordinates = std::min(d, tuning::most_coordinates);
    Tree tree(n, n_coordinates, 1);
    for (Index k = 0; k < n; ++k) {
        for (Index j = 0; j < n_coordinates; ++j) tree.set(k, j, means[k * d + j], units[j]);
    }
    const std::vector<std::uint16_t> order = tree.order();
    std::vector<std::uint16_t> ranks(n);
    for (Index rank = 0; rank < n; ++rank) ranks[order[rank]] = static_cast<std::uint16_t>(rank);
    return ranks;
}

}  // namespace gaussmix::em
