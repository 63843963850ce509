/// The sums of a chunk of rows: one flat buffer, padded as the kernels write it, and the moments it becomes.
#pragma once

#include <mutex>
#include <vector>

#include "gaussmix/moments.hpp"
#include "linalg/aligned.hpp"
#include "scatter/scatter.hpp"
#include "whitening/model.hpp"

namespace gaussmix::em {

/// Where the sums stand in their buffer. A component's weight, first moment and scatter stand together where the
/// scatter is diagonal or a trace: those of components near a centre are sums of the statistics of rows that all share.
class SumsLayout {
public:
    /// Sums are taken of each component about its own reference point; or about `neighbourhood.centre`, those of the
    /// components near it, and a pooled scatter of each row once. `to_moments` then takes off what lies between.
    SumsLayout(Index n_components, Index n_features, const scatter::Form& form_,
               whitening::Neighbourhood neighbourhood);

    Index n_components;
    Index n_features;
    const scatter::Form* form;
    whitening::Neighbourhood neighbourhood;
    Index width;  ///< of what a component has beside a triangular scatter, padded

    Index log_likelihood = 0;
    Index total_weight = 1;
    Index weights;       ///< (K,), where they stand by themselves
    Index centre_first;  ///< the first moment about the centre, (width,), and its weight, (1,): by-products
    Index first;         ///< (K, width), where a cache line starts, as the scatter does
    Index scatter;       ///< (n_scatters, scatter_stride): triangles
    Index n_scatters;
    Index scatter_stride;
    Index size;

    bool pooled() const noexcept { return form->is_pooled(); }
    bool triangular() const noexcept { return form->is_triangular(); }
    bool separable() const noexcept { return form->is_separable(); }
    bool has_statistics() const noexcept { return separable() && !neighbourhood.near.empty(); }
    bool is_near(Index k) const noexcept { return has_statistics() && neighbourhood.near[k] != 0; }
    bool pools_about_centre() const noexcept { return pooled() && !neighbourhood.centre.empty(); }

    /// What statistics a separable scatter is made of.
    kernels::Squares squares() const noexcept { return form->squares(); }
    Index n_statistics() const noexcept { return kernels::n_statistics(n_features, squares()); }

    /// Where component k adds its weight and its scatter.
    Index first_of(Index k) const noexcept { return first + k * width; }
    Index weight_of(Index k) const noexcept { return separable() ? first_of(k) + n_statistics() - 1 : weights + k; }
    Index scatter_of(Index k) const noexcept {
        return separable() ? first_of(k) + n_features : scatter + (pooled() ? 0 : k * scatter_stride);
    }
};

/// One such buffer. What belongs to a component is cleared, and later merged, only where it was asked for: of many rows
/// that lie together few components have any.
class Sums {
public:
    Sums() = default;
    explicit Sums(const SumsLayout& layout) : data_(layout.size), has_(layout.n_components) { clear(layout); }

    /// The sums over all components, and the weights of each.
    double* shared() noexcept { return data_.data(); }
    /// All, where component k may be added to.
    double* with(Index k, const SumsLayout& layout) noexcept;
    /// All, for reading.
    const double* complete(const SumsLayout& layout) noexcept;

    void clear(const SumsLayout& layout) noexcept;
    void add(const Sums& other, const SumsLayout& layout) noexcept;

private:
    linalg::AlignedBuffer<double> data_;
    std::vector<char> has_;  // (K,); different components may be asked for at once
};

/// From the sums of all rows to the public, packed moments, whose memory is used again.
void to_moments(const SumsLayout& layout, Sums& sums, Index n_rows, const std::vector<double>& reference,
                Moments& moments);

/// Buffers for the sums of chunks, used again once merged.
class SumsPool {
public:
    explicit SumsPool(const SumsLayout& layout) : layout_(layout) {}

    /// Sums of nothing.
    Sums take();
    /// left += right; the right ones go back to the pool.
    void merge(Sums& left, Sums& right);
    void give_back(Sums sums);

private:
    const SumsLayout& layout_;
    std::mutex mutex_;
    std::vector<Sums> free_;
};

}  // namespace gaussmix::em
