/// The sums of a chunk of rows: one flat buffer, padded as the kernels write it, and the moments it becomes.
#pragma once

#include <mutex>
#include <vector>

#include "gaussmix/moments.hpp"
#include "linalg/aligned.hpp"

namespace gaussmix::em {

using Sums = linalg::AlignedBuffer<double>;

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
    Index first;         ///< (K, width), where a cache line starts, as the scatter does
    Index centre_first;  ///< the first moment about the centre, (width,), and its weight, (1,): by-products
    Index scatter;       ///< (n_scatters, scatter_stride)
    Index n_scatters = 0;
    Index scatter_stride = 0;
    Index size;

    bool triangular() const noexcept { return kind == Scatter::full || kind == Scatter::pooled; }
    /// Where component k adds its scatter.
    Index scatter_of(Index k) const noexcept { return scatter + (n_scatters > 1 ? k * scatter_stride : 0); }
};

/// From the sums of all rows to the public, packed moments.
Moments to_moments(const SumsLayout& layout, const double* sums, Index n_rows, const std::vector<double>& reference);

/// Buffers for the sums of chunks, used again once merged.
class SumsPool {
public:
    explicit SumsPool(const SumsLayout& layout) : size_(static_cast<std::size_t>(layout.size)) {}

    /// A buffer of zeros.
    Sums take();
    /// left += right; the right buffer goes back to the pool.
    void merge(Sums& left, Sums& right);

private:
    const std::size_t size_;
    std::mutex mutex_;
    std::vector<Sums> free_;
};

}  // namespace gaussmix::em
