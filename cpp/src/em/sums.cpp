#include "em/sums.hpp"

#include <algorithm>
#include <utility>

#include "kernels/layout.hpp"
#include "linalg/triangular.hpp"
#include "parallel/parallel.hpp"

namespace gaussmix::em {

SumsLayout::SumsLayout(Index n_components_, Index n_features_, Scatter kind_, const double* centre_)
    : n_components(n_components_),
      n_features(n_features_),
      width(kernels::round_up(n_features_, kernels::lanes)),
      kind(kind_),
      centre(kind_ == Scatter::pooled ? centre_ : nullptr),
      weights(total_weight + 1),
      centre_first(kernels::round_up(weights + n_components_, kernels::lanes)),
      first(centre_first + (centre != nullptr ? width + kernels::lanes : 0)),
      scatter(first + n_components_ * width) {
    if (kind != Scatter::none) {
        n_scatters = kind == Scatter::pooled ? 1 : n_components;
        scatter_stride = kind == Scatter::trace      ? 1
                         : kind == Scatter::diagonal ? n_features
                                                     : kernels::padded_scatter_size(n_features);
    }
    size = scatter + n_scatters * scatter_stride;
}

namespace {

/// Moves a pooled scatter T about the centre to the reference points: with a_k = reference_k - centre,
///   S = T - sum_k (s_k a_k^T + a_k s_k^T + N_k a_k a_k^T).
/// Nothing cancels while the a_k are few standard deviations long; see `safe_centre`.
void centre_to_references(const double* centre, Moments& moments) {
    const Index d = moments.n_features;
    for (Index k = 0; k < moments.n_components; ++k) {
        const double weight = moments.weights[static_cast<std::size_t>(k)];
        const double* s = moments.first.data() + k * d;
        const double* reference = moments.reference.data() + k * d;
        for (Index i = 0; i < d; ++i) {
            const double ai = reference[i] - centre[i];
            for (Index j = 0; j <= i; ++j) {
                const double aj = reference[j] - centre[j];
                moments.scatter[static_cast<std::size_t>(linalg::packed_index(i, j))] -=
                    s[i] * aj + ai * s[j] + weight * ai * aj;
            }
        }
    }
}

}  // namespace

void to_moments(const SumsLayout& layout, Sums& all, Index n_rows, const std::vector<double>& reference,
                Moments& moments) {
    const double* sums = all.complete(layout);
    const Index d = layout.n_features;
    moments.scatter_kind = layout.kind;
    moments.n_components = layout.n_components;
    moments.n_features = d;
    moments.n_rows = n_rows;
    moments.log_likelihood = sums[layout.log_likelihood];
    moments.total_weight = sums[layout.total_weight];
    moments.reference = reference;
    moments.weights.assign(sums + layout.weights, sums + layout.weights + layout.n_components);
    moments.first.resize(static_cast<std::size_t>(layout.n_components * d));
    for (Index k = 0; k < layout.n_components; ++k) {
        std::copy_n(sums + layout.first + k * layout.width, d, moments.first.data() + k * d);
    }
    moments.scatter.resize(static_cast<std::size_t>(scatter_size(layout.kind, layout.n_components, d)));
    double* to = moments.scatter.data();
    parallel::Pace pace;
    for (Index k = 0; k < layout.n_scatters; ++k) {
        const double* scatter = sums + layout.scatter_of(k);
        pace.spend(layout.scatter_stride);
        if (!layout.triangular()) {
            to = std::copy_n(scatter, layout.scatter_stride, to);
            continue;
        }
        for (Index i = 0; i < d; ++i) to = std::copy_n(scatter + kernels::scatter_row_offset(i), i + 1, to);
    }
    if (layout.centre != nullptr) centre_to_references(layout.centre, moments);
}

double* Sums::with(Index k, const SumsLayout& layout) noexcept {
    char& has = has_[static_cast<std::size_t>(k)];
    if (has == 0) {
        has = 1;
        std::fill_n(data_.data() + layout.first + k * layout.width, layout.width, 0.0);
        if (!layout.pooled()) std::fill_n(data_.data() + layout.scatter_of(k), layout.scatter_stride, 0.0);
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
    add(0, layout.first);
    if (layout.pooled()) add(layout.scatter, layout.scatter_stride);
    for (Index k = 0; k < layout.n_components; ++k) {
        if (other.has_[static_cast<std::size_t>(k)] == 0) continue;
        with(k, layout);
        add(layout.first + k * layout.width, layout.width);
        if (!layout.pooled()) add(layout.scatter_of(k), layout.scatter_stride);
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
