#include "families/prepare.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "gaussmix/error.hpp"
#include "kernels/layout.hpp"
#include "linalg/triangular.hpp"
#include "text/number.hpp"

namespace gaussmix {
namespace families {
namespace {

constexpr double least_parallel_flops = 4e6;
/// Standard deviations from the centre to a mean beyond which rows are not whitened about the centre: the difference of
/// what is whitened there loses so many units in the last place.
constexpr double most_whitened = 32;

/// The number of doubles of one factor in the kernels' packing.
Index factor_size(const Family& family, Index d) {
    switch (family.whitening) {
        case Whitening::scalar: return 1;
        case Whitening::diagonal: return d;
        case Whitening::full:
        case Whitening::shared: break;
    }
    return kernels::packed_factor_size(d);
}

/// The logarithm of a product whose exponent is kept apart: it does not leave the range of doubles, and what rounds on
/// the way are factors near 1, where a sum of logarithms would round numbers that grow.
class LogProduct {
public:
    /// Of a standard deviation, whose exponent is half that of a double at most.
    void multiply(double factor) noexcept {
        mantissa_ *= factor;
        if (!(mantissa_ >= 0x1p-400 && mantissa_ <= 0x1p400)) split();
    }
    double value() noexcept {
        constexpr double log_two = 0.69314718055994530942;
        split();
        return std::log(mantissa_) + log_two * static_cast<double>(exponent_);
    }

private:
    void split() noexcept {
        int exponent = 0;
        mantissa_ = std::frexp(mantissa_, &exponent);
        exponent_ += exponent;
    }

    double mantissa_ = 1;
    Index exponent_ = 0;
};

/// Inverts a square root into a factor; returns the logarithm of the root's determinant.
double invert_root(const Family& family, Index d, const kernels::Table& table, const double* root, double* factor) {
    LogProduct determinant;
    if (rows::is_separable(family.whitening)) {
        for (Index j = 0; j < d; ++j) determinant.multiply(root[j]);
        for (Index j = 0; j < factor_size(family, d); ++j) factor[j] = 1 / root[j];
        return determinant.value();
    }
    linalg::invert_transposed(root, d, table, factor);
    for (Index i = 0; i < d; ++i) determinant.multiply(root[linalg::upper_index(i, i, d)]);
    return determinant.value();
}

/// See Scorer::whitened_means.
void whiten_means(const Parameters& parameters, Scorer& scorer) {
    const Index d = parameters.n_features;
    scorer.centre.assign(static_cast<std::size_t>(d), 0.0);
    scorer.whitened_means.assign(parameters.means.size(), 0.0);
    for (Index k = 0; k < parameters.n_components; ++k) {
        for (Index j = 0; j < d; ++j) {
            scorer.centre[static_cast<std::size_t>(j)] +=
                parameters.weights[static_cast<std::size_t>(k)] * parameters.means[static_cast<std::size_t>(k * d + j)];
        }
    }
    parallel::Pace pace;
    for (Index k = 0; k < parameters.n_components; ++k) {
        const double* mean = parameters.means.data() + k * d;
        for (Index i = 0; i < d; ++i) {
            pace.spend(i);
            double sum = 0;
            for (Index j = 0; j <= i; ++j) {
                sum += scorer.factors[static_cast<std::size_t>(kernels::packed_factor_index(i, j))] *
                       (mean[j] - scorer.centre[static_cast<std::size_t>(j)]);
            }
            scorer.whitened_means[static_cast<std::size_t>(k * d + i)] = sum;
        }
    }
}

/// Gives each component the shared factor as its own: rows are then whitened about each mean.
void whiten_apart(Scorer& scorer) {
    scorer.whitening = Whitening::full;
    const std::vector<double> shared = scorer.factors;
    for (Index k = 1; k < scorer.n_components; ++k) {
        scorer.factors.insert(scorer.factors.end(), shared.begin(), shared.end());
    }
    scorer.centre.clear();
    scorer.whitened_means.clear();
}

}  // namespace

double least_sure_eigenvalue(Index n_features) noexcept {
    return 4 * static_cast<double>(n_features) * std::numeric_limits<double>::epsilon();
}

double trace_about(const double* factor, Index d, const double* v) noexcept {
    double traces[kernels::panel] = {};
    for (Index first = 0; first < d; first += kernels::panel) {
        const double* rows = factor + kernels::packed_factor_index(first, 0);
        for (Index j = 0; j < std::min(first + kernels::panel, d); ++j, rows += kernels::panel) {
            for (Index r = 0; r < kernels::panel; ++r) traces[r] += rows[r] * rows[r] * v[j];
        }
    }
    return (traces[0] + traces[1]) + (traces[2] + traces[3]);
}

void prepare(Parameters& parameters, const rows::Context& context, const Mend& mend, Scorer& scorer, double least) {
    const Family& family = get(parameters.family);
    const Index d = parameters.n_features;
    const Index size = factor_size(family, d);
    const Index n_factors = n_covariances(family, parameters.n_components);

    scorer.whitening = family.whitening;
    scorer.n_components = parameters.n_components;
    scorer.n_features = d;
    scorer.means = parameters.means;
    scorer.weights = parameters.weights;
    scorer.factors.assign(static_cast<std::size_t>(n_factors * size), 0.0);

    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> log_determinants(static_cast<std::size_t>(n_factors), unknown);
    const double flops = static_cast<double>(n_factors) * static_cast<double>(d) * static_cast<double>(d * d);
    const int team = flops > least_parallel_flops ? context.n_threads : 1;
    const Index root_size = families::root_size(family, d);
    std::vector<std::vector<double>> work(static_cast<std::size_t>(team));
    const auto factor = [&](Index k, const parallel::Worker& worker) {
        std::vector<double>& own = work[static_cast<std::size_t>(worker.id())];
        own.resize(static_cast<std::size_t>(root_size));
        double* root = own.data();
        if (!family.root(parameters, k, context.table, root)) return;
        double* inverse = scorer.factors.data() + k * size;
        const double log_determinant = invert_root(family, d, context.table, root, inverse);
        if (least > 0 && !rows::is_separable(family.whitening)) {
            double* variances = root;  // done with
            for (Index j = 0; j < d; ++j) variances[j] = family.variance(parameters, k, j);
            // At most the least eigenvalue of the correlations, and at least 1/d of it.
            if (!(1 / trace_about(inverse, d, variances) >= least)) return;
        }
        log_determinants[static_cast<std::size_t>(k)] = log_determinant;
    };
    parallel::parallel_for(n_factors, team, context.poll, factor);
    for (Index k = 0; k < n_factors; ++k) {
        while (std::isnan(log_determinants[static_cast<std::size_t>(k)])) {
            mend(parameters, k);
            factor(k, parallel::Worker(0));
        }
    }

    scorer.log_constants.clear();
    for (Index k = 0; k < parameters.n_components; ++k) {
        constexpr double log_two_pi = 1.8378770664093454836;
        scorer.log_constants.push_back(std::log(parameters.weights[static_cast<std::size_t>(k)]) -
                                       0.5 * static_cast<double>(d) * log_two_pi -
                                       log_determinants[static_cast<std::size_t>(n_factors == 1 ? 0 : k)]);
    }
    if (family.whitening == Whitening::shared) {
        whiten_means(parameters, scorer);
        if (farthest_mean(scorer) > most_whitened) whiten_apart(scorer);
    }
}

std::vector<double> roots(const Parameters& parameters, const rows::Context& context) {
    const Family& family = get(parameters.family);
    const Index size = root_size(family, parameters.n_features);
    const Index n = n_covariances(family, parameters.n_components);
    std::vector<double> result(static_cast<std::size_t>(n * size));
    for (Index k = 0; k < n; ++k) {
        if (!family.root(parameters, k, context.table, result.data() + k * size)) refuse(parameters, k);
    }
    return result;
}

double farthest_mean(const Scorer& scorer) {
    double farthest = 0;
    for (Index k = 0; k < scorer.n_components; ++k) {
        double square = 0;
        for (Index j = 0; j < scorer.n_features; ++j) {
            const double y = scorer.whitened_means[static_cast<std::size_t>(k * scorer.n_features + j)];
            square += y * y;
        }
        farthest = std::max(farthest, std::sqrt(square));
    }
    return farthest;
}

double squared_length(const Scorer& scorer, Index k, const double* step) noexcept {
    const Index d = scorer.n_features;
    const double* factor = factor_of(scorer, k);
    double square = 0;
    for (Index i = 0; i < d; ++i) {
        double y = 0;
        if (rows::is_separable(scorer.whitening)) {
            y = factor[scorer.whitening == Whitening::scalar ? 0 : i] * step[i];
        } else {
            for (Index j = 0; j <= i; ++j) y += factor[kernels::packed_factor_index(i, j)] * step[j];
        }
        square += y * y;
    }
    return square;
}

const double* factor_of(const Scorer& scorer, Index k) noexcept {
    const Index n_factors = scorer.whitening == Whitening::shared ? 1 : scorer.n_components;
    return scorer.factors.data() + (n_factors == 1 ? 0 : k) * (static_cast<Index>(scorer.factors.size()) / n_factors);
}

void refuse(const Parameters& parameters, Index k) {
    const Family& family = get(parameters.family);
    const std::string which = covariance_in_words(parameters, k);
    for (Index j = 0; j < parameters.n_features; ++j) {
        const double variance = family.variance(parameters, k, j);
        if (variance > 0) continue;
        throw Error(Errc::degenerate, which + " has the variance " + text::number(variance) + " for feature " +
                                          std::to_string(j) + ": give a positive one");
    }
    throw Error(Errc::degenerate,
                which + " is not positive definite: give a symmetric matrix with positive eigenvalues");
}

}  // namespace families

Scorer prepare(const Parameters& parameters, const Execution& execution) {
    Parameters own = symmetrised(parameters);
    Scorer scorer;
    families::prepare(own, rows::Context(execution), families::refuse, scorer);
    return scorer;
}

}  // namespace gaussmix
