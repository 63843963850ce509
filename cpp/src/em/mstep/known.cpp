#include "em/mstep/known.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "families/family.hpp"
#include "families/prepare.hpp"
#include "families/settle.hpp"
#include "text/invalid.hpp"

namespace gaussmix::em {
namespace {

constexpr double rounding = 1e-9;  // of sums of weights

std::vector<char> flags(const std::vector<Index>& components, Index n_components) {
    std::vector<char> result;
    if (components.empty()) return result;
    result.resize(n_components);
    for (const Index k : components) result[k] = 1;
    return result;
}

void check_components(const char* what, const std::vector<Index>& components, Index n_components) {
    for (const Index k : components) {
        if (k >= 0 && k < n_components) continue;
        text::invalid("fixed {} are those of component {}: components are 0 ... n_components-1 = {}", what, k,
                      n_components - 1);
    }
}

bool bounds_weights(const Bounds& bounds) { return bounds.least_weight > 0 || bounds.most_weight < 1; }

bool bounds_variances(const Bounds& bounds) {
    return bounds.least_variance > 0 || bounds.most_variance < std::numeric_limits<double>::infinity();
}

bool fixes(const Fixed& fixed) { return !fixed.weights.empty() || !fixed.means.empty() || !fixed.covariances.empty(); }

void check_bounds(const Options& options) {
    const Bounds& bounds = options.bounds;
    if (!(bounds.least_weight >= 0 && bounds.least_weight <= bounds.most_weight && bounds.most_weight <= 1)) {
        text::invalid("bounds of weights {} ... {} must be an interval within 0 ... 1", bounds.least_weight,
                      bounds.most_weight);
    }
    if (!(bounds.least_variance >= 0 && bounds.least_variance <= bounds.most_variance && bounds.most_variance > 0 &&
          std::isfinite(bounds.least_variance))) {
        text::invalid("bounds of variances {} ... {} must be an interval of numbers that are not negative",
                      bounds.least_variance, bounds.most_variance);
    }
    if (bounds_weights(bounds) && options.fixed.weights.empty()) {  // beside fixed ones, these decide
        const auto n = static_cast<double>(options.n_components);
        const bool room =
            bounds.least_weight * n <= 1 + rounding && (options.noise || bounds.most_weight * n >= 1 - rounding);
        if (!room) {
            text::invalid("bounds of weights {} ... {} leave no weights of n_components={} that sum to 1",
                          bounds.least_weight, bounds.most_weight, options.n_components);
        }
    }
    if (bounds_variances(bounds) && !families::get(options.covariance_type).is_free()) {
        text::invalid(
            "bounds of variances are for covariances of their own, and covariance_type='{}' has components that share "
            "parts of theirs: use 'full', 'tied', 'diag' or 'spherical'",
            name(options.covariance_type));
    }
}

}  // namespace

void check_known(const Options& options) {
    const Fixed& fixed = options.fixed;
    check_bounds(options);
    check_components("weights", fixed.weights, options.n_components);
    check_components("means", fixed.means, options.n_components);
    check_components("covariances", fixed.covariances, options.n_components);
    if (options.variational && (fixes(fixed) || bounds_weights(options.bounds) || bounds_variances(options.bounds))) {
        text::invalid(
            "fixed and bounds are not part of variational Bayes, which has a distribution of every parameter: leave "
            "them out, or fit with a prior, which gives maximum a posteriori estimates");
    }
    const families::Family& family = families::get(options.covariance_type);
    if (fixed.covariances.empty() || (family.is_free() && !family.whitening.is_shared())) return;
    const std::vector<char> which = flags(fixed.covariances, options.n_components);
    if (std::count(which.begin(), which.end(), 0) == 0) return;
    text::invalid(
        "fixed covariances are those of some components, and covariance_type='{}' has components that share parts of "
        "theirs: fix all or none, or use 'full', 'diag' or 'spherical'",
        family.name);
}

void check_spread(const Bounds& bounds, const Summary& summary) {
    if (!std::isfinite(bounds.most_variance)) return;
    double squares = 0;  // in units of the largest variance
    for (std::size_t j = 0; j < summary.maxima.size(); ++j) {
        const double range = (summary.maxima[j] - summary.minima[j]) / std::sqrt(bounds.most_variance);
        squares += range * range;
    }
    constexpr double most = 1e300;
    if (squares <= most) return;
    text::invalid(
        "bounds allow variances of at most {}, beside which squared distances between the rows of X leave the range of "
        "doubles: raise the limit",
        bounds.most_variance);
}

void check_nothing_fixed(const Options& options) {
    if (!fixes(options.fixed)) return;
    text::invalid("fixed says what of a mixture stays, and init is none: give the mixture to start from as init");
}

void check_family(const Parameters& start, CovarianceType wanted, const rows::Context& context) {
    if (start.covariance_type != wanted) {
        text::invalid(
            "fixed covariances are of covariance_type='{}', but '{}' is to be fitted, which would change them: fit the "
            "first, or leave them free",
            name(start.covariance_type), name(wanted));
    }
    Parameters settled = start;
    families::settle(settled, context);
    if (settled.covariances == start.covariances) return;
    text::invalid(
        "fixed covariances share not what covariance_type='{}' wants them to: use 'full' or 'diag', or leave them free",
        name(wanted));
}

Known::Known(const Options& options)
    : bounds_(options.bounds),
      weights_(flags(options.fixed.weights, options.n_components)),
      means_(flags(options.fixed.means, options.n_components)),
      covariances_(flags(options.fixed.covariances, options.n_components)),
      fixes_weights_(!weights_.empty()),
      fixes_means_(!means_.empty()),
      fixes_covariances_(!covariances_.empty()),
      bounds_weights_(bounds_weights(options.bounds)),
      bounds_variances_(bounds_variances(options.bounds)) {}

bool Known::fixes_all_covariances() const noexcept {
    return fixes_covariances_ && std::count(covariances_.begin(), covariances_.end(), 0) == 0;
}

/// The weights w maximise sum n_k log w_k under sum w_k = W and the limits: w_k = n_k / c, or the limit that this
/// passes, with c such that they sum to W. If they sum to more with some c, those below their limit there are below it
/// for the c sought as well, and likewise the other way round: each round settles some.
void Known::weigh(const std::vector<double>& before, Index n_components, std::vector<double>& counts) const {
    std::vector<Index> open;
    double left = 1;
    for (Index k = 0; k < signed_size(counts); ++k) {
        if (weight(k)) {
            counts[k] = before[k];
            left -= before[k];
        } else {
            open.push_back(k);
        }
    }
    const auto limited = [&](Index k, double value) {
        return k < n_components ? std::clamp(value, bounds_.least_weight, bounds_.most_weight) : value;
    };
    while (!open.empty()) {
        double total = 0;
        for (const Index k : open) total += counts[k];
        const double even = 1 / static_cast<double>(open.size());  // where nothing tells them apart
        const auto share = [&](Index k) { return std::max(left, 0.0) * (total > 0 ? counts[k] / total : even); };
        double excess = -left;
        for (const Index k : open) excess += limited(k, share(k));
        const auto passes = [&](Index k) {
            return excess > 0 ? limited(k, share(k)) > share(k) : limited(k, share(k)) < share(k);
        };
        std::vector<Index> rest;
        std::vector<Index> settled;
        for (const Index k : open) (passes(k) ? settled : rest).push_back(k);
        if (settled.empty() || rest.empty()) {
            std::vector<double> found;
            for (const Index k : open) found.push_back(limited(k, share(k)));
            for (std::size_t i = 0; i < open.size(); ++i) counts[open[i]] = found[i];
            return;
        }
        std::vector<double> found;
        for (const Index k : settled) found.push_back(limited(k, share(k)));
        for (std::size_t i = 0; i < settled.size(); ++i) {
            counts[settled[i]] = found[i];
            left -= found[i];
        }
        open = std::move(rest);
    }
}

void Known::bound(Parameters& parameters) const {
    if (!bounds_variances_) return;
    const families::Family& family = families::get(parameters.covariance_type);
    for (Index k = 0; k < families::n_covariances(family, parameters.n_components); ++k) {
        if (!covariance(k)) family.bound(parameters, k, bounds_.least_variance, bounds_.most_variance);
    }
}

void Known::restore(const std::optional<Parameters>& before, const std::vector<double>& counts,
                    Parameters& parameters) const {
    const families::Family& family = families::get(parameters.covariance_type);
    const Index n = families::n_covariances(family, parameters.n_components);
    const Index size = signed_size(parameters.covariances) / n;
    for (Index k = 0; before && k < n; ++k) {
        const bool has_rows = family.whitening.is_shared() || counts[k] > 0;
        if (covariance(k) || !has_rows) {
            std::copy_n(before->covariances.begin() + k * size, size, parameters.covariances.begin() + k * size);
        }
    }
    bound(parameters);
}

void Known::settle(const Options& options, const rows::Context& context, Parameters& start) const {
    if (!any()) return;
    const families::Family& family = families::get(start.covariance_type);
    for (Index k = 0; k < families::n_covariances(family, start.n_components); ++k) {
        if (!covariance(k)) continue;
        Parameters own = families::component(start, k);
        ScorerNumbers scorer;
        const auto refuse = [k](const Parameters&, Index) {
            text::invalid(
                "fixed covariances include that of component {}, which is too near to a singular one to be left as it "
                "is: leave it free, or add to its variances",
                k);
        };
        families::prepare(own, context, refuse, scorer, families::least_sure_eigenvalue(start.n_features));
    }
    bound(start);
    if (!fixes_weights_ && !bounds_weights_) return;
    std::vector<double> weights = families::weights_of_terms(start);
    const std::vector<double> before = weights;
    double fixed = 0;
    Index n_free = 0;
    for (Index k = 0; k < start.n_components; ++k) {
        if (weight(k)) {
            fixed += weights[k];
        } else {
            ++n_free;
        }
    }
    const auto n = static_cast<double>(n_free);
    const bool enough = n * bounds_.least_weight <= 1 - fixed + rounding;
    const bool room = options.noise || n_free == 0 || n * bounds_.most_weight >= 1 - fixed - rounding;
    if (!enough || !room) {
        text::invalid("fixed weights sum to {}, which leaves no weights within the bounds for the other {} components",
                      fixed, n_free);
    }
    weigh(before, start.n_components, weights);
    std::copy_n(weights.begin(), start.n_components, start.weights.begin());
    if (start.noise) start.noise->weight = weights.back();
}

}  // namespace gaussmix::em
