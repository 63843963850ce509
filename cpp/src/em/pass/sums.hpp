/// The sums of a chunk of rows: one flat buffer, padded as the kernels write it, and its conversion to moments.
#pragma once

#include <mutex>
#include <vector>

#include "gaussmix/moments.hpp"
#include "linalg/aligned.hpp"
#include "scatter/scatter.hpp"
#include "whitening/model.hpp"

namespace gaussmix::em {

/// The layout of the buffer. A component's weight, first moment and scatter are contiguous if the scatter is diagonal
/// or a trace: for components near a centre they are sums of statistics that all of them share.
class SumsLayout {
public:
    /// Sums are taken about each component's own reference point; or about `neighbourhood.centre`, for the components
    /// near it and for a pooled scatter, which takes each row once. `to_moments` corrects for the difference.
    SumsLayout(Index n_components, Index n_features, const scatter::Form& form_, whitening::Neighbourhood neighbourhood,
               bool has_background = false);

    Index n_components;
    Index n_features;
    const scatter::Form* form;
    whitening::Neighbourhood neighbourhood;
    bool has_background;
    Index width;  ///< of a component's sums except a triangular scatter, padded

    Index log_likelihood = 0;
    Index total_weight = 1;
    Index background = 2;  ///< its weight
    Index weights;         ///< (K,), if they are separate
    Index centre_first;    ///< the first moment about the centre, (width,), and its weight, (1,), as by-products
    Index first;           ///< (K, width), aligned to a cache line, as the scatter is
    Index scatter;         ///< (n_scatters, scatter_stride): triangles
    Index n_scatters;
    Index scatter_stride;
    Index size;

    bool pooled() const noexcept { return form->is_pooled(); }
    bool triangular() const noexcept { return form->is_triangular(); }
    bool separable() const noexcept { return form->is_separable(); }
    bool has_statistics() const noexcept { return separable() && !neighbourhood.near.empty(); }
    bool is_near(Index k) const noexcept { return has_statistics() && neighbourhood.near[k] != 0; }
    bool pools_about_centre() const noexcept { return pooled() && !neighbourhood.centre.empty(); }

    /// Returns the statistics that a separable scatter consists of.
    kernels::Squares squares() const noexcept { return form->squares(); }
    Index n_statistics() const noexcept { return kernels::n_statistics(n_features, squares()); }

    /// Returns where component k adds its weight and scatter.
    Index first_of(Index k) const noexcept { return first + k * width; }
    Index weight_of(Index k) const noexcept { return separable() ? first_of(k) + n_statistics() - 1 : weights + k; }
    Index scatter_of(Index k) const noexcept {
        return separable() ? first_of(k) + n_features : scatter + (pooled() ? 0 : k * scatter_stride);
    }
};

/// One such buffer. A component's part is cleared, and later merged, only if it was used: in a chunk of similar rows,
/// few components are.
class Sums {
public:
    Sums() = default;
    explicit Sums(const SumsLayout& layout) : data_(layout.size), has_(layout.n_components) { clear(layout); }

    /// Returns the sums over all components, and the weights of each.
    double* shared() noexcept { return data_.data(); }
    /// Returns the buffer, to add to component k.
    double* with(Index k, const SumsLayout& layout) noexcept;
    /// Returns the buffer for reading.
    const double* complete(const SumsLayout& layout) noexcept;

    void clear(const SumsLayout& layout) noexcept;
    void add(const Sums& other, const SumsLayout& layout) noexcept;

private:
    linalg::AlignedBuffer<double> data_;
    std::vector<char> has_;  // (K,); different components may be used at once
};

/// Converts the sums of all rows to the public, packed moments, whose memory is reused.
void to_moments(const SumsLayout& layout, Sums& sums, Index n_rows, const std::vector<double>& reference,
                Moments& moments);

/// Buffers for the sums of chunks, reused after merging.
class SumsPool {
public:
    explicit SumsPool(const SumsLayout& layout) : layout_(layout) {}

    /// Returns sums of no rows.
    Sums take();
    /// Adds right to left and takes the buffer of right back.
    void merge(Sums& left, Sums& right);
    void give_back(Sums sums);

private:
    const SumsLayout& layout_;
    std::mutex mutex_;
    std::vector<Sums> free_;
};

}  // namespace gaussmix::em
