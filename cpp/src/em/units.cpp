#include "em/units.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "em/ends.hpp"
#include "em/mstep/estimate.hpp"
#include "em/mstep/variational.hpp"
#include "families/family.hpp"
#include "gaussmix/error.hpp"
#include "linalg/constants.hpp"
#include "rows/tile.hpp"
#include "text/format.hpp"

namespace gaussmix::em {
namespace {

constexpr int most_binades = 240;         // of half a range: fourth powers, times rows, stay far from the limits
constexpr int most_weight_binades = 200;  // of the sum
constexpr double least_variance = 0x1p-1000;

/// Returns half of the range of each feature; the whole range may overflow.
std::vector<double> half_ranges(const Summary& summary) {
    std::vector<double> halves;
    for (std::size_t j = 0; j < summary.minima.size(); ++j) {
        halves.push_back(summary.maxima[j] / 2 - summary.minima[j] / 2);
    }
    return halves;
}

bool is_comfortable(double half) {
    return half == 0 || (half >= std::ldexp(1.0, -most_binades) && half <= std::ldexp(1.0, most_binades));
}

}  // namespace

Units::Units(const Summary& summary, const Options& options) {
    std::vector<double> halves = half_ranges(summary);
    const bool bounds_variances =
        options.bounds.least_variance > 0 || std::isfinite(options.bounds.most_variance);  // in all directions
    if (bounds_variances || !families::get(options.covariance_type).scales_apart()) {
        halves.assign(halves.size(), *std::max_element(halves.begin(), halves.end()));
    }
    const double deviation = std::sqrt(options.reg_covar.value_or(0));
    const bool bearable = is_comfortable(std::max(deviation, 1.0));
    if (bearable && std::all_of(halves.begin(), halves.end(), is_comfortable)) return;
    for (const double half : halves) {
        exponents_.push_back(bearable && is_comfortable(half) ? 0 : std::ilogb(std::max(half, deviation)));
    }
}

std::vector<double> Units::apply(const MatrixView& x) const {
    std::vector<double> rows(x.n_rows * x.n_features);
    for (Index i = 0; i < x.n_rows; ++i) rows::read_row(x, i, rows.data() + i * x.n_features);
    scale_means(rows, -1);
    return rows;
}

/// Returns a start, given in units of the data, in these units.
Start Units::apply(const Start& start) const {
    Start scaled = start;
    const auto scale = [&](Parameters& given) {
        scale_means(given.means, -1);
        scale_covariances(given.covariances, given.covariance_type, -1);
    };
    if (auto* given = std::get_if<Parameters>(&scaled)) scale(*given);
    if (auto* given = std::get_if<Inferred>(&scaled)) scale(given->parameters);
    return scaled;
}

Prior Units::apply(Prior prior, CovarianceType family) const {
    scale_means(prior.mean, -1);
    scale_covariances(prior.covariance, family, -1);
    return prior;
}

Model Units::fit_in(const Fit& fit, Options options, const Start& start, double total_weight,
                    const Execution& execution, const OnIteration& on_iteration) const {
    const double shift = log_scale(total_weight, options);
    if (options.prior) options.prior = apply(*options.prior, options.covariance_type);
    scale_bounds(options.bounds);
    if (options.noise) {
        if (options.noise->log_volume) *options.noise->log_volume += log_of_row();
        scale_box(options.noise->box, -1);
    }
    OnIteration in_data_units;
    if (on_iteration) {
        in_data_units = [&](Progress progress) {
            progress.log_likelihood += shift;
            return on_iteration(progress);
        };
    }
    Model found = fit(options, apply(start), in_data_units);
    for (double& value : found.history) value += shift;
    em::shift(found.ends, shift);
    restore(found, Known(options), execution);
    return found;
}

/// Turns bounds of variances, which are the same in all features, into these units.
void Units::scale_bounds(Bounds& bounds) const {
    if (!std::isfinite(bounds.most_variance) && bounds.least_variance == 0) return;
    bounds.least_variance = std::ldexp(bounds.least_variance, -2 * exponents_.front());
    bounds.most_variance = std::ldexp(bounds.most_variance, -2 * exponents_.front());
}

void Units::scale_box(NoiseBox& box, int sign) const {
    if (!box.known()) return;
    scale_means(box.middle, sign);
    for (std::size_t j = 0; j < exponents_.size(); ++j) box.log_widths[j] += sign * linalg::log_two * exponents_[j];
}

/// Returns the constant to add to the logarithm of a row's density, or to take from that of a volume.
double Units::log_of_row() const { return -linalg::log_two * std::accumulate(exponents_.begin(), exponents_.end(), 0); }

/// Returns the constant that, added to the objective of a run in these units, gives it in units of the data.
double Units::log_scale(double total_weight, const Options& options) const {
    const double row = log_of_row();
    if (!options.variational) return row;
    // The lower bound contains the logarithm of a density of all rows, and of the precision matrices.
    const double degrees = options.prior->degrees_of_freedom.value_or(static_cast<double>(exponents_.size()) + 2);
    return row * (total_weight + degrees * static_cast<double>(options.n_components));
}

/// Turns the parameters and the scorer of a fit into units of the data.
void Units::restore(Model& fit, const Known& known, const Execution& execution) const {
    Parameters& parameters = fit.parameters;
    const Parameters scaled = parameters;
    scale_means(parameters.means, 1);
    scale_covariances(parameters.covariances, parameters.covariance_type, 1);
    if (parameters.noise) {
        parameters.noise->log_volume -= log_of_row();
        scale_box(parameters.noise->box, 1);
    }
    const families::Family& family = families::get(parameters.covariance_type);
    for (Index k = 0; k < families::n_covariances(family, parameters.n_components); ++k) {
        for (Index j = 0; j < parameters.n_features; ++j) {
            if (std::isfinite(family.variance(parameters, k, j))) continue;
            constexpr double log10_of_two = 0.30102999566398119521;
            const double magnitude = std::log10(family.variance(scaled, k, j)) + 2 * log10_of_two * exponents_[j];
            throw Error(Errc::degenerate, text::format("X has a variance of about 1e{} in column {}, more than a "
                                                       "double can hold: divide the column by 1e{}",
                                                       std::lround(magnitude), j, std::lround(magnitude / 2)));
        }
    }
    Ridge ridge;
    for (const int exponent : exponents_) {
        ridge.added.push_back(0);
        ridge.rescue.push_back(std::max(std::ldexp(1.0, 2 * exponent), least_variance));
    }
    prepare(parameters, ridge, known, {}, fit.n_iter, fit.events, rows::Context(execution), fit.scorer.numbers());
    if (fit.posterior) expect(*fit.posterior, fit.scorer.numbers());
}

std::vector<double> rescale_extreme_weights(WeightsView weights) {
    if (!weights) return {};
    const int binades = std::ilogb(std::accumulate(weights.data, weights.data + weights.size, 0.0));
    if (std::abs(binades) <= most_weight_binades) return {};
    std::vector<double> result(weights.data, weights.data + weights.size);
    const int exponent = binades > 0 ? most_weight_binades - binades : -most_weight_binades - binades;
    for (double& weight : result) weight = std::ldexp(weight, exponent);
    return result;
}

void Units::scale_means(std::vector<double>& means, int sign) const {
    for (std::size_t i = 0; i < means.size(); ++i) {
        means[i] = std::ldexp(means[i], sign * exponents_[i % exponents_.size()]);
    }
}

void Units::scale_covariances(std::vector<double>& covariances, CovarianceType family, int sign) const {
    const std::size_t d = exponents_.size();
    const bool whole = !families::get(family).whitening.is_separable();
    for (std::size_t i = 0; i < covariances.size(); ++i) {
        const int row = exponents_[whole ? i / d % d : i % d];
        covariances[i] = std::ldexp(covariances[i], sign * (row + exponents_[i % d]));
    }
}

}  // namespace gaussmix::em
