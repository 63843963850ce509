#include "em/starts/donors.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rows/scales.hpp"

namespace gaussmix::em {
namespace {

constexpr Index most_donors = 1000;  // n rows are compared with so many

bool is_seen(double value) noexcept { return !std::isnan(value); }

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

}  // namespace

Sample completed(Sample sample, const Summary& summary, const rows::Context& context) {
    const Index d = sample.n_features;
    const std::vector<double> scales = rows::scales_of(summary);
    const std::vector<Index> donors = donors_of(sample);
    Sample result = sample;
    std::vector<char> has_any(sample.n_rows());
    constexpr Index rows_at_once = 64;
    const Index n_parts = (sample.n_rows() + rows_at_once - 1) / rows_at_once;
    parallel::parallel_for(n_parts, context.n_threads, context.poll, [&](Index part, const parallel::Worker&) {
        std::vector<double> nearest(d);
        parallel::Pace pace;
        const Index end = std::min((part + 1) * rows_at_once, sample.n_rows());
        for (Index i = part * rows_at_once; i < end; ++i) {
            const double* own = sample.row(i);
            double* out = result.values.data() + i * d;
            has_any[i] = std::any_of(own, own + d, is_seen) ? 1 : 0;
            if (has_any[i] == 0 || std::all_of(own, own + d, is_seen)) continue;
            std::fill(nearest.begin(), nearest.end(), std::numeric_limits<double>::infinity());
            for (const Index donor : donors) {
                if (donor == i) continue;
                const double* other = sample.row(donor);
                double sum = 0, n = 0;
                for (Index j = 0; j < d; ++j) {
                    if (!is_seen(own[j]) || !is_seen(other[j])) continue;
                    const double gap = own[j] - other[j];
                    sum += gap * gap / scales[j];
                    ++n;
                }
                // Rows that share no feature come last.
                const double distance = n > 0 ? sum / n : std::numeric_limits<double>::max();
                for (Index j = 0; j < d; ++j) {
                    if (is_seen(own[j]) || !is_seen(other[j]) || !(distance < nearest[j])) continue;
                    nearest[j] = distance;
                    out[j] = other[j];
                }
            }
            for (Index j = 0; j < d; ++j) {
                if (!is_seen(out[j])) out[j] = summary.means[j];  // no row of the sample has it
            }
            pace.spend(4 * d * signed_size(donors));
        }
    });
    Sample whole;
    whole.n_features = d;
    for (Index i = 0; i < sample.n_rows(); ++i) {
        if (has_any[i] == 0) continue;
        whole.values.insert(whole.values.end(), result.row(i), result.row(i) + d);
        whole.weights.push_back(result.weights[i]);
    }
    return whole;
}

}  // namespace gaussmix::em
