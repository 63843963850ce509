/// The sums of a chunk of rows: one flat buffer, padded as the kernels write it, and the moments it becomes.
#pragma once

#include <mutex>
#include <vector>

#include "gaussmix/moments.hpp"
#include "linalg/aligned.hpp"

namespace gaussmix::em {

/// Where the sums stand in their buffer.
class SumsLayout {
public:
    /// A pooled scatter may be taken of each component about its own reference point, or, where `centre` is not null,
    /// of each row once about that point; `to_moments` then takes off what lies between.
    SumsLayout(Index n_components, Index n_features, Scatter kind, const double* centre);

    Index n_components;
    Index n_features;
    Index width;  ///< n_features, padded
    Scatter kind;
    const double* centre;

    Index log_likelihood = 0;
    Index total_weight = 1;
    Index weights;       ///< (K,)
    Index centre_first;  ///< the first moment about the centre, (width,), and its weight, (1,): by-products
    Index first;         ///< (K, width), where a cache line starts, as the scatter does
    Index scatter;       ///< (n_scatters, scatter_stride)
    Index n_scatters = 0;
    Index scatter_stride = 0;
    Index size;

    bool pooled() const noexcept { return kind == Scatter::pooled; }
    bool triangular() const noexcept { return kind == Scatter::full || pooled(); }
    /// Where component k adds its scatter.
    Index scatter_of(Index k) const noexcept { return scatter + (pooled() ? 0 : k * scatter_stride); }
};

/// One such buffer. What belongs to a component is cleared, and later merged, only where it was asked for: of many rows
/// that lie together few components have any.
class Sums {
public:
    Sums() = default;
    explicit Sums(const SumsLayout& layout)
        : data_(static_cast<std::size_t>(layout.size)), has_(static_cast<std::size_t>(layout.n_components)) {
        clear(layout);
    }

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
