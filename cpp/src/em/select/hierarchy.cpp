#include "em/select/hierarchy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "linalg/eigen.hpp"

namespace gaussmix::em {
namespace {

constexpr double least_variance = 1e-12;  // of a principal component, relative to the largest

/// Returns the features of the rows about their means, divided by their deviations, (d, n); zeros where constant.
std::vector<double> standardised(const Sample& rows) {
    const Index n = rows.n_rows();
    const Index d = rows.n_features;
    const double total = std::accumulate(rows.weights.begin(), rows.weights.end(), 0.0);
    std::vector<double> result(d * n);
    for (Index j = 0; j < d; ++j) {
        double mean = 0;
        for (Index i = 0; i < n; ++i) mean += rows.weights[i] / total * rows.row(i)[j];
        double* out = result.data() + j * n;
        double variance = 0;
        for (Index i = 0; i < n; ++i) {
            out[i] = rows.row(i)[j] - mean;
            variance += rows.weights[i] / total * (out[i] * out[i]);
        }
        for (Index i = 0; i < n; ++i) out[i] = variance > 0 ? out[i] / std::sqrt(variance) : 0;
    }
    return result;
}

/// Turns standardised features to principal components, over the fourth roots of their variances.
std::vector<double> principal(const std::vector<double>& features, const std::vector<double>& weights, Index d) {
    const Index n = signed_size(weights);
    std::vector<double> correlations(d * d);
    for (Index a = 0; a < d; ++a) {
        for (Index b = 0; b <= a; ++b) {
            double sum = 0;
            for (Index i = 0; i < n; ++i) sum += weights[i] * (features[a * n + i] * features[b * n + i]);
            correlations[a * d + b] = correlations[b * d + a] = sum;
        }
    }
    std::vector<double> values(d);
    std::vector<double> axes(d * d);
    linalg::eigen(correlations.data(), d, values.data(), axes.data());
    std::vector<double> result(d * n);
    for (Index c = 0; c < d; ++c) {
        if (!(values[c] > least_variance * values[d - 1])) continue;
        for (Index j = 0; j < d; ++j) {
            const double factor = axes[c * d + j] / std::sqrt(std::sqrt(values[c]));
            for (Index i = 0; i < n; ++i) result[c * n + i] += factor * features[j * n + i];
        }
    }
    return result;
}

/// Clusters, of which the first `size` are left. Each knows the one whose union with it costs least.
class Clusters {
public:
    Clusters(std::vector<double> points, const std::vector<double>& weights, Index d)
        : stride_(signed_size(weights)),
          size_(stride_),
          d_(d),
          means_(std::move(points)),
          weights_(weights),
          traces_(stride_),
          costs_(stride_),
          losses_(stride_),
          labels_(stride_),
          nearest_(stride_),
          least_(stride_, std::numeric_limits<double>::infinity()) {
        std::iota(labels_.begin(), labels_.end(), std::int64_t{0});
        double scatter = 0;  // of standardised numbers about zero
        double total = 0;
        for (Index i = 0; i < stride_; ++i) {
            total += weights_[i];
            for (Index j = 0; j < d_; ++j) scatter += weights_[i] * (mean(i, j) * mean(i, j));
        }
        added_ = scatter / (total * static_cast<double>(d_));
        for (Index k = 0; k < size_; ++k) costs_[k] = cost(weights_[k], 0);
        for (Index k = 1; k < size_; ++k) {
            find_losses(k, k);
            search(k, k);
            offer(k, k);
        }
    }

    Index size() const noexcept { return size_; }
    const std::vector<std::int64_t>& labels() const noexcept { return labels_; }

    /// Merges the two clusters that lose least by it.
    void merge() {
        Index a = std::min_element(least_.begin(), least_.begin() + size_) - least_.begin();
        Index b = nearest_[a];
        if (b < a) std::swap(a, b);
        unite(a, b);
        forget(b, a);
        if (size_ == 1) return;
        look_around(a);
        offer(a, size_);
        for (Index k = 0; k < size_; ++k) {
            if (nearest_[k] == none) look_around(k);
        }
    }

private:
    static constexpr Index none = -1;

    double& mean(Index k, Index j) noexcept { return means_[j * stride_ + k]; }
    double cost(double weight, double trace) const noexcept { return weight * std::log((trace + added_) / weight); }

    void unite(Index a, Index b) noexcept {
        const double both = weights_[a] + weights_[b];
        double square = 0;
        for (Index j = 0; j < d_; ++j) {
            const double step = mean(b, j) - mean(a, j);
            square += step * step;
            mean(a, j) += step * (weights_[b] / both);
        }
        traces_[a] += traces_[b] + weights_[a] * (weights_[b] / both) * square;
        weights_[a] = both;
        costs_[a] = cost(both, traces_[a]);
    }

    /// Puts the last cluster in the place of b, which was merged into a.
    void forget(Index b, Index a) noexcept {
        const Index last = --size_;
        for (std::int64_t& label : labels_) {
            if (label == b) label = a;
            if (label == last) label = b;
        }
        for (Index k = 0; k <= last; ++k) {
            if (nearest_[k] == a || nearest_[k] == b) nearest_[k] = none;
            if (nearest_[k] == last) nearest_[k] = b;
        }
        for (Index j = 0; j < d_; ++j) mean(b, j) = mean(last, j);
        for (std::vector<double>* values : {&weights_, &traces_, &costs_, &least_}) (*values)[b] = (*values)[last];
        nearest_[b] = nearest_[last];
    }

    /// Finds what unions of k with the first n clusters cost.
    void find_losses(Index k, Index n) {
        std::fill_n(losses_.begin(), n, 0.0);
        for (Index j = 0; j < d_; ++j) {
            const double own = mean(k, j);
            const double* others = means_.data() + j * stride_;
            for (Index c = 0; c < n; ++c) losses_[c] += (others[c] - own) * (others[c] - own);
        }
        const double weight = weights_[k];
        const double trace = traces_[k] + added_;
        for (Index c = 0; c < n; ++c) {
            const double both = weights_[c] + weight;
            const double scatter = trace + traces_[c] + weight * (weights_[c] / both) * losses_[c];
            losses_[c] = both * std::log(scatter / both) - costs_[k] - costs_[c];
        }
    }

    void look_around(Index k) {
        find_losses(k, size_);
        losses_[k] = std::numeric_limits<double>::infinity();
        search(k, size_);
    }

    /// Finds the nearest of the first n clusters to k, whose losses are known.
    void search(Index k, Index n) noexcept {
        nearest_[k] = std::min_element(losses_.begin(), losses_.begin() + n) - losses_.begin();
        least_[k] = losses_[nearest_[k]];
    }

    /// Makes k the nearest of those among the first n clusters that are so, now that its losses are known.
    void offer(Index k, Index n) noexcept {
        for (Index c = 0; c < n; ++c) {
            if (c == k || losses_[c] > least_[c]) continue;
            nearest_[c] = k;
            least_[c] = losses_[c];
        }
    }

    Index stride_;
    Index size_;
    Index d_;
    std::vector<double> means_;  // (d, n)
    std::vector<double> weights_;
    std::vector<double> traces_;  // of scatters
    std::vector<double> costs_;
    std::vector<double> losses_;  // of unions with one cluster
    std::vector<std::int64_t> labels_;
    std::vector<Index> nearest_;  // none: to be found again
    std::vector<double> least_;   // the loss by the union with it
    double added_ = 0;
};

}  // namespace

Hierarchy merge_rows(const Sample& rows, Index most, bool turned) {
    const Index d = rows.n_features;
    std::vector<double> points = standardised(rows);
    if (turned) points = principal(points, rows.weights, d);
    Hierarchy result(most + 1);
    if (rows.n_rows() < 2) return result;
    Clusters clusters(std::move(points), rows.weights, d);
    for (; clusters.size() >= 2; clusters.merge()) {
        if (clusters.size() <= most) result[clusters.size()] = clusters.labels();
    }
    return result;
}

}  // namespace gaussmix::em
