#include "em/starts/sample.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include "estep/distances.hpp"
#include "families/prepare.hpp"
#include "random/hash.hpp"
#include "rows/scales.hpp"
#include "rows/summary.hpp"
#include "rows/tile.hpp"

namespace gaussmix::em {
namespace {

/// Returns an order of the rows of a sample that does not depend on units or on the order of rows or features: by their
/// squared scaled distance from the mean, equal ones by their numbers.
std::vector<Index> natural_order(const Sample& sample, const Summary& summary) {
    const Index d = sample.n_features;
    const ScorerNumbers scale = estep::distance_scorer(summary.means, 1, summary);
    std::vector<double> distances, step(summary.means.size());
    for (Index i = 0; i < sample.n_rows(); ++i) {
        std::transform(sample.row(i), sample.row(i) + d, summary.means.begin(), step.begin(), std::minus<>());
        distances.push_back(whitening::squared_length(scale, 0, step.data()));
    }
    std::vector<Index> order(distances.size());
    std::iota(order.begin(), order.end(), Index{0});
    std::sort(order.begin(), order.end(), [&](Index a, Index b) {
        const double to_a = distances[a];
        const double to_b = distances[b];
        if (to_a != to_b) return to_a < to_b;
        return std::lexicographical_compare(sample.row(a), sample.row(a) + d, sample.row(b), sample.row(b) + d);
    });
    return order;
}

Index n_varying(const Summary& summary) {
    return std::count_if(summary.variances.begin(), summary.variances.end(), [](double v) { return v > 0; });
}

/// Returns the probability of each row to be drawn, up to a common factor.
std::vector<double> chances_of(const rows::Data& rows, const Summary& summary) {
    // The mean of the squared scaled distances is the number of features that vary.
    const double mean_distance = static_cast<double>(std::max<Index>(n_varying(summary), 1));
    std::vector<double> chances(rows.x.n_rows);
    for (Index i = 0; i < rows.x.n_rows; ++i) {  // shares, whose sum cannot overflow
        chances[i] = (rows.weights ? rows.weights.data[i] : 1.0) / summary.total_weight;
    }
    if (rows::has_holes(summary)) {
        // By the mean over the features that the row has, of which distances of complete rows are d times.
        const std::vector<double> scales = rows::scales_of(summary);
        std::vector<double> row(scales.size());
        for (Index i = 0; i < rows.x.n_rows; ++i) {
            rows::read_row(rows.x, i, row.data());
            double sum = 0, n = 0;
            for (std::size_t j = 0; j < row.size(); ++j) {
                if (std::isnan(row[j])) continue;
                const double gap = row[j] - summary.means[j];
                sum += gap * gap / scales[j];
                ++n;
            }
            if (n > 0 && std::isfinite(sum)) chances[i] *= 1 + sum / n;
        }
        return chances;
    }
    estep::for_each_distance(
        rows, estep::distance_plan(rows, 1), estep::distance_scorer(summary.means, 1, summary),
        [&](const estep::Tile<double>& tile, Index) {
            constexpr double largest = std::numeric_limits<double>::max();
            const double* distance = tile.values(0);
            for (Index i = 0; i < tile.n(); ++i) {
                chances[tile.first() + i] += std::min(distance[i], largest) / mean_distance / summary.total_weight;
            }
        },
        [](Index) {});
    return chances;
}

void scale_weights(Sample& sample, double total_weight) {
    const double sum = std::accumulate(sample.weights.begin(), sample.weights.end(), 0.0);
    for (double& weight : sample.weights) weight *= total_weight / sum;
}

/// Returns whether a sample of this size is all rows.
bool is_whole(const Summary& all, Index size) { return all.n_rows <= size; }

}  // namespace

Sample Sample::thinned(Index size) const {
    const Index step = std::max<Index>(n_rows() / size, 1);
    Sample result;
    result.n_features = n_features;
    result.values.reserve((n_rows() / step + 1) * n_features);
    for (Index i = 0; i < n_rows(); i += step) {
        result.values.insert(result.values.end(), row(i), row(i) + n_features);
        result.weights.push_back(weights[i]);
    }
    return result;
}

Sampler::Sampler(const rows::Data& rows, const Summary& summary, Index most) : rows_(rows), summary_(summary) {
    // A hash table with open addressing, at most half full, of positions in `firsts_`.
    const Index d = rows.x.n_features;
    std::size_t capacity = 2;
    while (static_cast<Index>(capacity) < 2 * std::min(rows.x.n_rows, most)) capacity *= 2;
    constexpr std::size_t nothing = std::numeric_limits<std::size_t>::max();
    std::vector<std::size_t> table(capacity, nothing);
    std::vector<std::uint64_t> hashes;
    std::vector<double> row(d), known(row.size());
    for (Index i = 0; i < rows.x.n_rows && n_distinct() < most; ++i) {
        if (!(weight(i) > 0)) continue;
        rows::read_row(rows.x, i, row.data());
        const std::uint64_t own = random::hash(row.data(), d);
        const auto is_here = [&](std::size_t position) {
            if (hashes[position] != own) return false;
            rows::read_row(rows.x, firsts_[position], known.data());
            return row == known;
        };
        std::size_t slot = own & (capacity - 1);
        while (table[slot] != nothing && !is_here(table[slot])) slot = (slot + 1) & (capacity - 1);
        if (table[slot] == nothing) {
            table[slot] = firsts_.size();
            hashes.push_back(own);
            firsts_.push_back(i);
            weights_.push_back(weight(i));
        } else {
            weights_[table[slot]] += weight(i);
        }
    }
}

Sample Sampler::all_distinct() const {
    const Index d = rows_.x.n_features;
    Sample found{{d, std::vector<double>(n_distinct() * d), weights_}};
    for (Index i = 0; i < n_distinct(); ++i) {
        rows::read_row(rows_.x, firsts_[i], found.values.data() + i * d);
    }
    Sample sample;
    sample.n_features = d;
    sample.values.reserve(found.values.size());
    for (const Index i : natural_order(found, summary_)) {
        sample.values.insert(sample.values.end(), found.row(i), found.row(i) + d);
        sample.weights.push_back(found.weights[i]);
    }
    return sample;
}

Sample Sampler::draw(Index size, random::Generator& generator) {
    if (n_distinct() < 2 * size) return all_distinct();
    if (chances_.empty()) chances_ = chances_of(rows_, summary_);
    const Index d = rows_.x.n_features;
    Sample sample;
    sample.n_features = d;
    sample.values.reserve(size * d);
    const double share = std::accumulate(chances_.begin(), chances_.end(), 0.0) / static_cast<double>(size);
    double next = generator.uniform() * share;
    double passed = 0;
    for (Index i = 0; i < rows_.x.n_rows; ++i) {
        const double chance = chances_[i];
        passed += chance;
        for (; next < passed; next = (static_cast<double>(sample.n_rows()) + generator.uniform()) * share) {
            sample.values.resize((sample.n_rows() + 1) * d);
            rows::read_row(rows_.x, i, sample.values.data() + sample.n_rows() * d);
            sample.weights.push_back(weight(i) / chance / summary_.total_weight);
        }
    }
    scale_weights(sample, summary_.total_weight);
    return sample;
}

void scale_weights(Sample& sample, const Summary& all, Index size) {
    if (!is_whole(all, size)) scale_weights(sample, all.total_weight);
}

PieceSampler::PieceSampler(const Summary& summary, Index size, random::Generator& generator)
    : summary_(summary),
      whole_(is_whole(summary, size)),
      share_((n_varying(summary) > 0 ? 2.0 : 1.0) / static_cast<double>(size)),
      generator_(generator),
      next_(generator.uniform() * share_) {
    sample_.n_features = signed_size(summary.means);
}

void PieceSampler::visit(const rows::Data& rows) {
    if (rows.x.n_rows == 0) return;
    const std::vector<double> chances = whole_ ? std::vector<double>() : chances_of(rows, summary_);
    const auto take = [&](Index row, double weight) {
        sample_.values.resize((sample_.n_rows() + 1) * sample_.n_features);
        rows::read_row(rows.x, row, sample_.values.data() + sample_.n_rows() * sample_.n_features);
        sample_.weights.push_back(weight);
    };
    for (Index i = 0; i < rows.x.n_rows; ++i) {
        const double weight = rows.weights ? rows.weights.data[i] : 1.0;
        if (whole_) {
            if (weight > 0) take(i, weight);
            continue;
        }
        const double chance = chances[i];
        passed_ += chance;
        for (; next_ < passed_; next_ = (static_cast<double>(sample_.n_rows()) + generator_.uniform()) * share_) {
            take(i, weight / chance / summary_.total_weight);
        }
    }
}

}  // namespace gaussmix::em
