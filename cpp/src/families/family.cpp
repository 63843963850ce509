/// What all families share: names, validation, the scorer from square roots, weights and means of the M-step.
#include "families/family.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "families/prepare.hpp"
#include "gaussmix/error.hpp"
#include "kernels/layout.hpp"
#include "linalg/triangular.hpp"
#include "text/number.hpp"

namespace gaussmix {
namespace families {
namespace {

const std::array<const Family*, 4> all{&full, &tied, &diag, &spherical};

/// The number of doubles of one square root, and of one factor in the kernels' packing.
Index root_size(const Family& family, Index d) {
    return family.whitening == Whitening::diagonal ? d : linalg::packed_size(d);
}

Index factor_size(const Family& family, Index d) {
    return family.whitening == Whitening::diagonal ? d : kernels::packed_factor_size(d);
}

/// Inverts a square root into a factor; returns the logarithm of the root's determinant.
double invert_root(const Family& family, Index d, double* root, double* factor) {
    double log_determinant = 0;
    if (family.whitening == Whitening::diagonal) {
        for (Index j = 0; j < d; ++j) {
            log_determinant += std::log(root[j]);
            factor[j] = 1 / root[j];
        }
        return log_determinant;
    }
    for (Index j = 0; j < d; ++j) log_determinant += std::log(root[linalg::packed_index(j, j)]);
    linalg::invert_lower(root, d);
    for (Index i = 0; i < d; ++i) {
        for (Index j = 0; j <= i; ++j) factor[kernels::packed_factor_index(i, j)] = root[linalg::packed_index(i, j)];
    }
    return log_determinant;
}

/// See Scorer::whitened_means.
void whiten_means(const Parameters& parameters, Scorer& scorer) {
    const Index d = parameters.n_features;
    scorer.centre.assign(static_cast<std::size_t>(d), 0.0);
    scorer.whitened_means.assign(parameters.means.size(), 0.0);
    for (Index k = 0; k < parameters.n_components; ++k) {
        for (Index j = 0; j < d; ++j) {
            scorer.centre[static_cast<std::size_t>(j)] += parameters.weights[static_cast<std::size_t>(k)] *
                                                          parameters.means[static_cast<std::size_t>(k * d + j)];
        }
    }
    for (Index k = 0; k < parameters.n_components; ++k) {
        const double* mean = parameters.means.data() + k * d;
        for (Index i = 0; i < d; ++i) {
            double sum = 0;
            for (Index j = 0; j <= i; ++j) {
                sum += scorer.factors[static_cast<std::size_t>(kernels::packed_factor_index(i, j))] *
                       (mean[j] - scorer.centre[static_cast<std::size_t>(j)]);
            }
            scorer.whitened_means[static_cast<std::size_t>(k * d + i)] = sum;
        }
    }
}

}  // namespace

const Family& get(Covariance covariance) noexcept {
    for (const Family* family : all) {
        if (family->covariance == covariance) return *family;
    }
    return full;
}

Index n_covariances(const Family& family, Index n_components) noexcept {
    return family.whitening == Whitening::shared ? 1 : n_components;
}

Index covariances_size(const Family& family, Index n_components, Index n_features) {
    Index size = 1;
    for (const Index extent : family.shape(n_components, n_features)) size *= extent;
    return size;
}

Scorer prepare(Parameters& parameters, const Mend& mend) {
    const Family& family = get(parameters.family);
    const Index k_total = parameters.n_components;
    const Index d = parameters.n_features;
    const Index size = factor_size(family, d);
    const Index n_factors = n_covariances(family, k_total);

    Scorer scorer;
    scorer.whitening = family.whitening;
    scorer.n_components = k_total;
    scorer.n_features = d;
    scorer.means = parameters.means;
    scorer.factors.assign(static_cast<std::size_t>(n_factors * size), 0.0);
    scorer.log_constants.resize(static_cast<std::size_t>(k_total));

    std::vector<double> root(static_cast<std::size_t>(root_size(family, d)));
    double log_determinant = 0;
    for (Index k = 0; k < k_total; ++k) {
        if (k < n_factors) {
            while (!family.root(parameters, k, root.data())) mend(parameters, k);
            log_determinant = invert_root(family, d, root.data(), scorer.factors.data() + k * size);
        }
        const double log_two_pi = 1.8378770664093454836;
        scorer.log_constants[static_cast<std::size_t>(k)] = std::log(parameters.weights[static_cast<std::size_t>(k)]) -
                                                            0.5 * static_cast<double>(d) * log_two_pi -
                                                            log_determinant;
    }
    if (family.whitening == Whitening::shared) whiten_means(parameters, scorer);
    return scorer;
}

std::vector<double> roots(const Parameters& parameters) {
    const Family& family = get(parameters.family);
    const Index size = root_size(family, parameters.n_features);
    const Index n = n_covariances(family, parameters.n_components);
    std::vector<double> result(static_cast<std::size_t>(n * size));
    for (Index k = 0; k < n; ++k) {
        if (!family.root(parameters, k, result.data() + k * size)) refuse(parameters, k);
    }
    return result;
}

void refuse(const Parameters& parameters, Index k) {
    const bool shared = get(parameters.family).whitening == Whitening::shared;
    throw Error(Errc::degenerate, (shared ? std::string("covariances: the shared matrix")
                                          : "covariances: that of component " + std::to_string(k)) +
                                      " is not positive definite: give a symmetric matrix with positive eigenvalues");
}

}  // namespace families

using families::all;

std::string_view name(Covariance covariance) noexcept { return families::get(covariance).name; }

Covariance covariance_from_name(std::string_view text) {
    std::string valid;
    for (const families::Family* family : all) {
        if (family->name == text) return family->covariance;
        valid += (valid.empty() ? "'" : ", '") + std::string(family->name) + "'";
    }
    throw Error(Errc::invalid_argument,
                "covariance_type='" + std::string(text) + "' is unknown: use one of " + valid);
}

std::vector<Index> covariances_shape(Covariance family, Index n_components, Index n_features) {
    return families::get(family).shape(n_components, n_features);
}

Index n_parameters(const Parameters& parameters) noexcept {
    return families::get(parameters.family).count(parameters.n_components, parameters.n_features) +
           parameters.n_components * parameters.n_features + parameters.n_components - 1;
}

Scatter scatter_for(Covariance family) noexcept { return families::get(family).scatter; }

Scorer prepare(const Parameters& parameters) {
    Parameters untouched = parameters;
    return families::prepare(untouched, families::refuse);
}

namespace {

[[noreturn]] void invalid(const std::string& message) { throw Error(Errc::invalid_argument, message); }

void check_size(const char* what, const std::vector<double>& values, Index expected) {
    if (static_cast<Index>(values.size()) != expected) {
        invalid(std::string(what) + " has " + std::to_string(values.size()) + " numbers, expected " +
                std::to_string(expected));
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i])) {
            invalid(std::string(what) + " has a number that is not finite, at position " + std::to_string(i));
        }
    }
}

void check_symmetric(const Parameters& parameters) {
    const Index d = parameters.n_features;
    const auto n = static_cast<Index>(parameters.covariances.size()) / (d * d);
    for (Index k = 0; k < n; ++k) {
        const double* matrix = parameters.covariances.data() + k * d * d;
        for (Index i = 0; i < d; ++i) {
            for (Index j = 0; j < i; ++j) {
                const double scale = std::sqrt(std::abs(matrix[i * d + i])) * std::sqrt(std::abs(matrix[j * d + j]));
                if (std::abs(matrix[i * d + j] - matrix[j * d + i]) > 1e-8 * scale) {
                    invalid("covariances: that of component " + std::to_string(k) + " is not symmetric at (" +
                            std::to_string(i) + ", " + std::to_string(j) + ")");
                }
            }
        }
    }
}

}  // namespace

void validate(const Parameters& parameters) {
    const Index k_total = parameters.n_components;
    const Index d = parameters.n_features;
    if (k_total < 1 || d < 1) invalid("a mixture needs at least one component and one feature");
    check_size("weights", parameters.weights, k_total);
    check_size("means", parameters.means, k_total * d);
    check_size("covariances", parameters.covariances,
               families::covariances_size(families::get(parameters.family), k_total, d));
    double sum = 0;
    for (const double weight : parameters.weights) {
        if (weight < 0) invalid("weights has a negative number: " + text::number(weight));
        sum += weight;
    }
    if (std::abs(sum - 1) > 1e-6) {
        invalid("weights sum to " + text::number(sum) + ", not to 1: divide them by their sum");
    }
    if (families::get(parameters.family).whitening != Whitening::diagonal) check_symmetric(parameters);
    prepare(parameters);
}

}  // namespace gaussmix
