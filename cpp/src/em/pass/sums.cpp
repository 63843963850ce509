#include "em/pass/sums.hpp"

#include <algorithm>
#include <utility>

#include "kernels/layout.hpp"
#include "linalg/triangular.hpp"
#include "parallel/parallel.hpp"

namespace gaussmix::em {

SumsLayout::SumsLayout(Index n_components_, Index n_features_, const scatter::Form& form_,
                       whitening::Neighbourhood neighbourhood_, bool has_background_)
    : n_components(n_components_),
      n_features(n_features_),
      form(&form_),
      neighbourhood(std::move(neighbourhood_)),
      has_background(has_background_),
      width(kernels::round_up(separable() ? n_statistics() : n_features, kernels::lanes)),
      weights(background + 1),
      centre_first(kernels::round_up(weights + n_components_, kernels::lanes)),
      first(centre_first + (pools_about_centre() ? width + kernels::lanes : 0)),
      scatter(first + n_components_ * width),
      n_scatters(!triangular() ? 0
                 : pooled()    ? 1
                               : n_components),
      scatter_stride(triangular() ? kernels::padded_scatter_size(n_features) : 0),
      size(scatter + n_scatters * scatter_stride) {}

namespace {

/// From sums about the centre to sums about the reference point of each component: with a = reference - centre,
///   s = s_centre - N a,   S = S_centre - (s a^T + a s^T + N a a^T).
/// Nothing cancels while a is few standard deviations long; see `neighbourhood`.
class Step {
public:
    Step(const SumsLayout& layout, Moments& moments)
        : layout_(layout), moments_(moments), a_(layout.neighbourhood.centre.size()) {}

    /// Moves the sums of a component near the centre, once its weight is known.
    void near(Index k, double* scatter) {
        go_to(k);
        double* first = moments_.first.data() + k * layout_.n_features;
        const double weight = moments_.weights[k];
        for (std::size_t j = 0; j < a_.size(); ++j) first[j] -= weight * a_[j];
        shift(k, scatter);
    }

    /// Moves a scatter that all components share; their first moments are about the reference points already.
    void pooled() {
        for (Index k = 0; k < moments_.n_components; ++k) {
            go_to(k);
            shift(k, moments_.scatter.data());
        }
    }

private:
    void go_to(Index k) {
        const double* reference = moments_.reference.data() + k * layout_.n_features;
        for (std::size_t j = 0; j < a_.size(); ++j) a_[j] = reference[j] - layout_.neighbourhood.centre[j];
    }
    void shift(Index k, double* scatter) const {
        layout_.form->add_shift(scatter, layout_.n_features, -1, moments_.first.data() + k * layout_.n_features,
                                a_.data(), moments_.weights[k]);
    }

    const SumsLayout& layout_;
    Moments& moments_;
    std::vector<double> a_;
};

}  // namespace

void to_moments(const SumsLayout& layout, Sums& all, Index n_rows, const std::vector<double>& reference,
                Moments& moments) {
    const double* sums = all.complete(layout);
    const Index d = layout.n_features;
    moments.scatter_kind = layout.form->kind;
    moments.n_components = layout.n_components;
    moments.n_features = d;
    moments.n_rows = n_rows;
    moments.log_likelihood = sums[layout.log_likelihood];
    moments.total_weight = sums[layout.total_weight];
    moments.reference = reference;
    moments.weights.resize(layout.n_components);
    moments.first.resize(layout.n_components * d);
    moments.scatter.resize(layout.form->size(layout.n_components, d));
    Step step(layout, moments);
    double* to = moments.scatter.data();
    for (Index k = 0; k < layout.n_components; ++k) {
        moments.weights[k] = sums[layout.weight_of(k)];
        std::copy_n(sums + layout.first_of(k), d, moments.first.data() + k * d);
        if (!layout.separable()) continue;
        double* scatter = to;
        to = std::copy_n(sums + layout.scatter_of(k), layout.n_statistics() - d - 1, to);
        if (layout.is_near(k)) step.near(k, scatter);
    }
    if (layout.has_background) moments.weights.push_back(sums[layout.background]);
    parallel::Pace pace;
    for (Index k = 0; k < layout.n_scatters; ++k) {
        const double* scatter = sums + layout.scatter_of(k);
        pace.spend(layout.scatter_stride);
        for (Index i = 0; i < d; ++i) to = std::copy_n(scatter + kernels::scatter_row_offset(i), i + 1, to);
    }
    if (layout.pools_about_centre()) step.pooled();
}

namespace {

/// Returns whether each component has its own triangle.
bool has_triangle(const SumsLayout& layout) noexcept { return layout.triangular() && !layout.pooled(); }

}  // namespace

double* Sums::with(Index k, const SumsLayout& layout) noexcept {
    char& has = has_[k];
    if (has == 0) {
        has = 1;
        std::fill_n(data_.data() + layout.first_of(k), layout.width, 0.0);
        if (has_triangle(layout)) std::fill_n(data_.data() + layout.scatter_of(k), layout.scatter_stride, 0.0);
    }
    return data_.data();
}

const double* Sums::complete(const SumsLayout& layout) noexcept {
    for (Index k = 0; k < layout.n_components; ++k) with(k, layout);
    return data_.data();
}

void Sums::clear(const SumsLayout& layout) noexcept {
    std::fill(has_.begin(), has_.end(), 0);
    std::fill_n(data_.data(), layout.first, 0.0);
    if (layout.pooled()) std::fill_n(data_.data() + layout.scatter, layout.scatter_stride, 0.0);
}

void Sums::add(const Sums& other, const SumsLayout& layout) noexcept {
    const auto add = [&](Index at, Index n) {
        const double* from = other.data_.data() + at;
        double* to = data_.data() + at;
        for (Index i = 0; i < n; ++i) to[i] += from[i];
    };
    const auto copy = [&](Index at, Index n) { std::copy_n(other.data_.data() + at, n, data_.data() + at); };
    const auto of_component = [&](Index k, auto take) {
        take(layout.first_of(k), layout.width);
        if (has_triangle(layout)) take(layout.scatter_of(k), layout.scatter_stride);
    };
    add(0, layout.first);
    if (layout.pooled()) add(layout.scatter, layout.scatter_stride);
    for (Index k = 0; k < layout.n_components; ++k) {
        if (other.has_[k] == 0) continue;
        if (has_[k] != 0) {
            of_component(k, add);
        } else {
            of_component(k, copy);
        }
        has_[k] = 1;
    }
}

Sums SumsPool::take() {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!free_.empty()) {
            Sums sums = std::move(free_.back());
            free_.pop_back();
            sums.clear(layout_);
            return sums;
        }
    }
    return Sums(layout_);
}

void SumsPool::merge(Sums& left, Sums& right) {
    left.add(right, layout_);
    give_back(std::move(right));
}

void SumsPool::give_back(Sums sums) {
    const std::lock_guard<std::mutex> lock(mutex_);
    free_.push_back(std::move(sums));
}

}  // namespace gaussmix::em
