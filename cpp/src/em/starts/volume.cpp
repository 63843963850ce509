/// The volume of a background, that of the least box about the rows, and where it lies.
#include "em/starts/volume.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "em/mstep/mend.hpp"
#include "em/starts/data_covariance.hpp"
#include "families/family.hpp"
#include "gaussmix/noise.hpp"
#include "kernels/layout.hpp"
#include "linalg/constants.hpp"
#include "linalg/eigen.hpp"
#include "rows/summary.hpp"
#include "text/invalid.hpp"

namespace gaussmix {
namespace {

constexpr double far = 5;                   // times the range of the other rows: an extreme beyond does not count
constexpr Index rows_an_extreme = 100;      // of so many rows one may be an extreme, on either side
constexpr double least_eigenvalue = 1e-12;  // of the largest: directions with less are of rounding
constexpr double axes_flops = 1e9;          // for the projections onto principal axes, which a thinned sample shows

struct Range {
    double low;
    double high;
    double width() const noexcept { return high - low; }
};

/// Returns the range of the values without extremes.
Range extent(std::vector<double>& values) {
    std::sort(values.begin(), values.end());
    const Index last = signed_size(values) - 1;
    const Index n_extremes = std::min(std::max<Index>((last + 1) / rows_an_extreme, 1), last / 2);
    Index low = n_extremes;
    Index high = last - n_extremes;
    if (!(values[high] > values[low])) return {values[0], values[last]};
    for (bool grows = true; grows;) {
        grows = false;
        const double most = far * (values[high] - values[low]);
        if (low > 0 && values[low] - values[low - 1] <= most) {
            --low;
            grows = true;
        }
        if (high < last && values[high + 1] - values[high] <= most) {
            ++high;
            grows = true;
        }
    }
    return {values[low], values[high]};
}

/// Returns the values of a feature that are there.
std::vector<double> column(const Sample& sample, Index j) {
    std::vector<double> values;
    for (Index at = j; at < signed_size(sample.values); at += sample.n_features) {
        if (!std::isnan(sample.values[at])) values.push_back(sample.values[at]);
    }
    return values;
}

/// Returns the extent along a feature.
Range along_feature(const Summary& summary, const Sample& sample, Index j) {
    std::vector<double> values = column(sample, j);
    // A value that the sample has too is not there twice: it may be the one that is far out.
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    const bool has_least = !values.empty() && *least <= summary.minima[j];
    const bool has_most = !values.empty() && *most >= summary.maxima[j];
    if (!has_least) values.push_back(summary.minima[j]);
    if (!has_most) values.push_back(summary.maxima[j]);
    return extent(values);
}

double sum_over(const std::vector<double>& log_widths, const std::vector<Index>& features) {
    double sum = 0;
    for (const Index j : features) sum += log_widths[j];
    return sum;
}

/// Returns the same along the principal components of these features; infinity if they depend on each other.
double log_volume_along_axes(const Summary& summary, const Sample& given, const std::vector<Index>& features) {
    const Index d = signed_size(features);
    const auto most = static_cast<Index>(axes_flops / (static_cast<double>(d) * static_cast<double>(d)));
    const em::Sample all{given};
    const em::Sample sample = all.thinned(std::max<Index>(most, 1));
    const Index n = sample.n_rows();
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (d < 2 || n <= d) return infinity;
    std::vector<double> rows(n * d);
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < d; ++j) rows[i * d + j] = sample.row(i)[features[j]] - summary.means[features[j]];
    }
    std::vector<double> means(d);
    for (std::size_t at = 0; at < rows.size(); ++at) means[at % d] += rows[at] / static_cast<double>(n);
    std::vector<double> covariance(d * d);
    std::vector<double> gap(d);
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < d; ++j) gap[j] = rows[i * d + j] - means[j];
        for (Index j = 0; j < d; ++j) {
            for (Index l = 0; l <= j; ++l) covariance[j * d + l] += gap[j] * gap[l] / static_cast<double>(n);
        }
    }
    for (Index j = 0; j < d; ++j) {
        for (Index l = 0; l < j; ++l) covariance[l * d + j] = covariance[j * d + l];
    }
    std::vector<double> eigenvalues(d), axes(d * d);
    linalg::eigen(covariance.data(), d, eigenvalues.data(), axes.data());
    if (!(eigenvalues.front() > least_eigenvalue * eigenvalues.back())) return infinity;
    double sum = 0;
    std::vector<double> along(n);
    parallel::Pace pace;
    for (Index axis = 0; axis < d; ++axis) {
        const double* direction = axes.data() + axis * d;
        for (Index i = 0; i < n; ++i) {
            along[i] = std::inner_product(direction, direction + d, rows.data() + i * d, 0.0);
            pace.spend(d);
        }
        sum += std::log(extent(along).width());
    }
    return sum;
}

/// Returns the variance that components have in a constant feature, where they are not kept from it. Missing values
/// have it beside the ridge.
double variance_of_constant(const Options& options, const Summary& summary, Index feature) {
    const Ridge ridge = make_ridge(options, summary);
    const bool alike = families::get(options.covariance_type).whitening.is_uniform();
    if (alike) return ridge.rescue[feature];
    const double seen =
        rows::has_holes(summary) ? summary.together[kernels::packed_index(feature, feature)] / summary.total_weight : 1;
    return std::max(ridge.added[feature], em::first_jitter * ridge.rescue[feature]) / seen;
}

}  // namespace

em::Sample em::without_far_rows(const Sample& sample) {
    std::vector<Range> ranges;
    for (Index j = 0; j < sample.n_features; ++j) {
        std::vector<double> values = column(sample, j);
        ranges.push_back(values.empty() ? Range{} : extent(values));
    }
    Sample result{{sample.n_features, {}, {}}};
    for (Index i = 0; i < sample.n_rows(); ++i) {
        const double* row = sample.row(i);
        bool is_far = false;
        for (Index j = 0; j < sample.n_features; ++j) is_far |= row[j] < ranges[j].low || row[j] > ranges[j].high;
        if (is_far) continue;
        result.values.insert(result.values.end(), row, row + sample.n_features);
        result.weights.push_back(sample.weights[i]);
    }
    return result;
}

Summary em::without_far_rows(Summary summary, const Sample& sample) {
    for (Index j = 0; j < signed_size(summary.means); ++j) {
        if (!(summary.maxima[j] > summary.minima[j])) continue;
        const Range range = along_feature(summary, sample, j);
        if (range.low == summary.minima[j] && range.high == summary.maxima[j]) continue;
        const double most = range.width() * range.width() / 4;  // Popoviciu 1935
        summary.variances[j] = std::min(summary.variances[j], most);
    }
    return summary;
}

NoiseOptions complete(NoiseOptions noise, const Options& options, const Summary& summary, const Sample& sample) {
    rows::check(summary);
    const Index d = signed_size(summary.means);
    if (noise.box.known()) {
        families::check_box(noise.box, d, noise.log_volume);
        if (!noise.log_volume) {
            const std::vector<double>& widths = noise.box.log_widths;
            noise.log_volume = std::accumulate(widths.begin(), widths.end(), 0.0);
        }
        return noise;
    }
    if (sample.n_features != d && !sample.values.empty()) {
        text::invalid("the sample has {} features, but the summary {}: they must be of the same rows",
                      sample.n_features, d);
    }
    NoiseBox& box = noise.box;
    std::vector<Index> features;
    std::vector<Index> constant;
    for (Index j = 0; j < d; ++j) {
        if (summary.maxima[j] > summary.minima[j]) {
            const Range range = along_feature(summary, sample, j);
            box.middle.push_back(range.low + range.width() / 2);
            box.log_widths.push_back(std::log(range.width()));
            features.push_back(j);
        } else {
            box.middle.push_back(summary.minima[j]);
            box.log_widths.push_back(0.5 * (linalg::log_two_pi + std::log(variance_of_constant(options, summary, j))));
            constant.push_back(j);
        }
    }
    const double of_constant = sum_over(box.log_widths, constant);
    const double of_others = sum_over(box.log_widths, features);
    if (!noise.log_volume) {
        const bool turns = !rows::has_holes(summary);
        noise.log_volume =
            of_constant + (turns ? std::min(of_others, log_volume_along_axes(summary, sample, features)) : of_others);
        noise.constant = constant;
    }
    const std::vector<Index>& stretched = features.empty() ? constant : features;
    const double factor = (*noise.log_volume - (of_constant + of_others)) / static_cast<double>(stretched.size());
    for (const Index j : stretched) box.log_widths[j] += factor;
    return noise;
}

NoiseOptions complete(NoiseOptions noise, const Options& options, const Summary& summary) {
    return complete(std::move(noise), options, summary, {signed_size(summary.means), {}, {}});
}

}  // namespace gaussmix
