#include "em/run/accelerator.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "tuning/tuning.hpp"

namespace gaussmix::em {
namespace {

constexpr Index most_pairs = 5;    // more gained nothing in 25 cases
constexpr double least_scale = 1;  // of the metric: where components overlap, EM's step is short,
constexpr double most_scale = 4;   // it is never long
constexpr double least_radius = 0.05;
constexpr double most_radius = 2;
constexpr double least_part = 1e-4;  // of the promised rise
constexpr double least_curvature = 1e-10;
constexpr double careful = 0.05;  // of tol: with few pairs, the slope along a plateau looks smaller than it is
constexpr double blind = 1e-3;    // of tol, while no pair shows the curvature
constexpr int most_failures = 2;
constexpr int most_plain = 32;

double dot(const std::vector<double>& a, const std::vector<double>& b) noexcept {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

void add(std::vector<double>& a, double factor, const std::vector<double>& b) noexcept {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] += factor * b[i];
}

}  // namespace

Parameters Accelerator::go_on(const Parameters& at, const Parameters& step, const Shares& shares, double value,
                              double tol) {
    Frame frame(at, known_, table_);
    std::vector<double> gradient = frame.gradient(step, shares);
    if (frame_) {
        remember(gradient);
        if (on_trial_ && shortened_ && value - value_ > 0.5 * scale_ * slope_) {
            radius_ = std::min(2 * radius_, most_radius);
        }
    }
    frame_.emplace(std::move(frame));
    step_ = step;
    value_ = value;
    gradient_ = std::move(gradient);
    failures_ = 0;
    direction_ = direction();
    slope_ = dot(direction_, gradient_);
    if (!(slope_ > 0)) {
        pairs_.clear();
        direction_ = gradient_;
        slope_ = dot(direction_, gradient_);
    }
    const double least = pairs_.empty() ? blind * tol : careful * tol;
    calm_ = slope_ < least ? calm_ + 1 : 0;
    if (n_plain_ > 0 || pairs_.empty()) {
        n_plain_ = std::max(n_plain_ - 1, 0);
        return plain();
    }
    const double length = std::sqrt(dot(direction_, direction_));
    shortened_ = length > radius_;
    if (shortened_) {
        for (double& number : direction_) number *= radius_ / length;
        slope_ *= radius_ / length;
    }
    scale_ = 1;
    on_trial_ = true;
    moved_ = direction_;
    return frame_->decode(direction_, scale_);
}

bool Accelerator::settle(const Parameters& moved) {
    std::optional<std::vector<double>> coordinates = frame_->encode(moved);
    if (!coordinates) return false;
    moved_ = std::move(*coordinates);
    return true;
}

bool Accelerator::has_risen(double value, double noise) const noexcept {
    return value >= value_ + least_part * scale_ * slope_ - noise;
}

Parameters Accelerator::retreat(double value) {
    const double length = scale_ * std::sqrt(dot(direction_, direction_));
    radius_ = std::max(std::min(radius_, length) / 2, least_radius);
    calm_ = 0;
    if (++failures_ >= most_failures) {
        pairs_.clear();
        n_plain_ = next_plain_;
        next_plain_ = std::min(2 * next_plain_, most_plain);
        return plain();
    }
    // The maximum of the parabola through both values and the slope.
    const double missing = value_ + scale_ * slope_ - value;
    const double best = scale_ * scale_ * slope_ / (2 * missing);
    scale_ = std::min(std::max(best, 0.1 * scale_), 0.5 * scale_);
    moved_ = direction_;
    for (double& number : moved_) number *= scale_;
    return frame_->decode(direction_, scale_);
}

void Accelerator::remember(const std::vector<double>& gradient) {
    std::vector<double> change = gradient_;
    add(change, -1, gradient);
    const double product = dot(moved_, change);
    if (!(product > least_curvature * std::sqrt(dot(moved_, moved_) * dot(change, change)))) return;
    pairs_.push_back({moved_, std::move(change), product});
    if (signed_size(pairs_) > (signed_size(gradient) > tuning::many_parameters ? 1 : most_pairs)) pairs_.pop_front();
}

std::vector<double> Accelerator::direction() const {
    std::vector<double> q = gradient_;
    if (pairs_.empty()) return q;
    std::vector<double> factors;
    for (auto pair = pairs_.rbegin(); pair != pairs_.rend(); ++pair) {
        factors.push_back(dot(pair->step, q) / pair->product);
        add(q, -factors.back(), pair->change);
    }
    const Pair& last = pairs_.back();
    const double scale = std::clamp(last.product / dot(last.change, last.change), least_scale, most_scale);
    for (double& number : q) number *= scale;
    for (const Pair& pair : pairs_) {
        add(q, factors.back() - dot(pair.change, q) / pair.product, pair.step);
        factors.pop_back();
    }
    return q;
}

Parameters Accelerator::plain() {
    on_trial_ = false;
    std::optional<std::vector<double>> moved = frame_->encode(step_);
    if (moved) {
        moved_ = std::move(*moved);
    } else {
        frame_.reset();  // a covariance must be mended, after which this step says nothing about the slope
    }
    return step_;
}

}  // namespace gaussmix::em
