#include "em/starts/donors.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rows/scales.hpp"

namespace gaussmix::em {
namespace {

constexpr Index most_donors = 500;  // n rows are compared with so many

bool is_seen(double value) noexcept { return !std::isnan(value); }

/// Returns the features that tell rows apart: those that are not constant, or all if all are.
std::vector<Index> telling(const Summary& summary) {
    std::vector<Index> all, found;
    for (Index j = 0; j < signed_size(summary.means); ++j) {
        all.push_back(j);
        if (summary.maxima[j] > summary.minima[j]) found.push_back(j);
    }
    return found.empty() ? all : found;
}

/// Returns rows that lend their values: evenly spaced ones, and for each feature as many that have it.
std::vector<Index> donors_of(const Sample& sample) {
    const Index n = sample.n_rows();
    std::vector<char> lends(n);
    for (Index j = 0; j < sample.n_features; ++j) {
        Index n_seen = 0;
        for (Index i = 0; i < n; ++i) n_seen += is_seen(sample.row(i)[j]) ? 1 : 0;
        const Index wanted = std::max<Index>(std::min(most_donors, n_seen) / sample.n_features, 1);
        const Index step = std::max<Index>(n_seen / wanted, 1);
        Index at = 0;
        for (Index i = 0; i < n; ++i) {
            if (is_seen(sample.row(i)[j]) && at++ % step == 0) lends[i] = 1;
        }
    }
    const Index step = std::max<Index>(n / most_donors, 1);
    for (Index i = 0; i < n; i += step) lends[i] = 1;
    std::vector<Index> donors;
    for (Index i = 0; i < n; ++i) {
        if (lends[i] != 0) donors.push_back(i);
    }
    return donors;
}

/// The rows that lend values, in single precision and in units of each feature's deviation, feature by feature so that
/// the distances of a row from eight donors and more are computed at once.
class Donors {
public:
    Donors(const Sample& sample, const Summary& summary)
        : sample_(sample),
          means_(summary.means),
          telling_(telling(summary)),
          rows_(donors_of(sample)),
          n_(signed_size(rows_)),
          values_(n_ * sample.n_features),
          seen_(n_ * sample.n_features) {
        for (const double scale : rows::scales_of(summary)) deviations_.push_back(std::sqrt(scale));
        for (Index j = 0; j < sample.n_features; ++j) {
            for (Index t = 0; t < n_; ++t) {
                const double value = sample.row(rows_[t])[j];
                if (!is_seen(value)) continue;
                values_[j * n_ + t] = scaled(value, j);
                seen_[j * n_ + t] = 1;
            }
        }
    }

    Index size() const noexcept { return n_; }

    /// Returns whether a row of the sample has a value to find its like by.
    bool tells(Index row) const {
        return std::any_of(telling_.begin(), telling_.end(), [&](Index j) { return is_seen(sample_.row(row)[j]); });
    }

    /// Completes a row of the sample.
    void complete(Index row, std::vector<float>& distances, std::vector<float>& shared, double* out) const {
        const double* own = sample_.row(row);
        distances.assign(n_, 0.0F);
        shared.assign(n_, 0.0F);
        for (const Index j : telling_) {
            if (!is_seen(own[j])) continue;
            const float here = scaled(own[j], j);
            const float* values = values_.data() + j * n_;
            const float* seen = seen_.data() + j * n_;
            for (Index t = 0; t < n_; ++t) {
                const float gap = here - values[t];
                distances[t] += seen[t] * gap * gap;
                shared[t] += seen[t];
            }
        }
        constexpr float farthest = std::numeric_limits<float>::max();  // rows that share no feature come last
        for (Index t = 0; t < n_; ++t) distances[t] = shared[t] > 0 ? distances[t] / shared[t] : farthest;
        for (Index j = 0; j < sample_.n_features; ++j) {
            if (is_seen(own[j])) continue;
            float nearest = std::numeric_limits<float>::infinity();
            out[j] = means_[j];  // unless some row of the sample has it
            for (Index t = 0; t < n_; ++t) {
                if (!(distances[t] < nearest) || seen_[j * n_ + t] == 0) continue;
                nearest = distances[t];
                out[j] = sample_.row(rows_[t])[j];
            }
        }
    }

private:
    /// Far values are all as far, so that sums of squares stay finite.
    float scaled(double value, Index feature) const {
        constexpr double most = 1e15;
        return static_cast<float>(std::clamp((value - means_[feature]) / deviations_[feature], -most, most));
    }

    const Sample& sample_;
    const std::vector<double>& means_;
    std::vector<Index> telling_;
    std::vector<Index> rows_;
    Index n_;
    std::vector<double> deviations_;  // (d,)
    std::vector<float> values_;       // (d, n_donors)
    std::vector<float> seen_;         // (d, n_donors): 1 where a donor has the feature
};

}  // namespace

Sample completed(Sample sample, const Summary& summary, const rows::Context& context) {
    const Index d = sample.n_features;
    const Donors donors(sample, summary);
    Sample result = sample;
    std::vector<char> tells(sample.n_rows());
    constexpr Index rows_at_once = 64;
    const Index n_parts = (sample.n_rows() + rows_at_once - 1) / rows_at_once;
    parallel::parallel_for(n_parts, context.n_threads, context.poll, [&](Index part, const parallel::Worker&) {
        std::vector<float> distances, shared;
        parallel::Pace pace;
        const Index end = std::min((part + 1) * rows_at_once, sample.n_rows());
        for (Index i = part * rows_at_once; i < end; ++i) {
            const double* own = sample.row(i);
            tells[i] = donors.tells(i) ? 1 : 0;
            if (tells[i] == 0 || std::all_of(own, own + d, is_seen)) continue;
            donors.complete(i, distances, shared, result.values.data() + i * d);
            pace.spend(d * donors.size());
        }
    });
    Sample whole;
    whole.n_features = d;
    for (Index i = 0; i < sample.n_rows(); ++i) {
        if (tells[i] == 0) continue;
        whole.values.insert(whole.values.end(), result.row(i), result.row(i) + d);
        whole.weights.push_back(result.weights[i]);
    }
    return whole;
}

}  // namespace gaussmix::em
