/// Points of the unit disc become pairs of standard normal numbers: the second half of the polar method, of which
/// `random::Generator::point` is the first.
#pragma once

#include <cmath>
#include <vector>

#include "kernels/layout.hpp"
#include "kernels/table.hpp"
#include "random/random.hpp"

namespace gaussmix::model {

/// Room for pairs, filled one after another.
class Normals {
public:
    /// Makes room for pairs of numbers, and forgets those that it held.
    void resize(std::int64_t n_pairs) {
        n_pairs_ = n_pairs;
        numbers_.resize(2 * n_pairs);
        inverse_.resize(kernels::round_up(n_pairs, kernels::lanes), 1.0);
        zeros_.resize(inverse_.size());
        log_.resize(inverse_.size());
    }

    /// Writes a point as pair `at`. Returns whether it counts; otherwise the next one must take its place.
    bool put(std::int64_t at, const random::Generator::Point& point) noexcept {
        numbers_[2 * at] = point.u;
        numbers_[2 * at + 1] = point.v;
        inverse_[at] = point.square;
        return point.in_disc();
    }

    /// Turns all points into numbers.
    void finish(const kernels::Table& table) noexcept {
        for (std::int64_t p = 0; p < n_pairs_; ++p) inverse_[p] = 1 / inverse_[p];
        table.f64.log_sum_exp({zeros_.data(), inverse_.data()}, static_cast<std::int64_t>(inverse_.size()),
                              log_.data());
        for (std::int64_t p = 0; p < n_pairs_; ++p) {
            const double scale = std::sqrt(2 * log_[p] * inverse_[p]);
            numbers_[2 * p] *= scale;
            numbers_[2 * p + 1] *= scale;
        }
    }

    const double* data() const noexcept { return numbers_.data(); }

private:
    std::int64_t n_pairs_ = 0;
    std::vector<double> numbers_;
    std::vector<double> inverse_;
    std::vector<double> zeros_;
    std::vector<double> log_;
};

/// Returns the distribution function of a standard normal number, which is uniform in 0 ... 1.
inline double uniform_of(double normal) noexcept { return 0.5 * std::erfc(-normal / std::sqrt(2.0)); }

}  // namespace gaussmix::model
