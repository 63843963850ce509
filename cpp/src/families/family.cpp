/// The register of families: by name, by value; and the checks of parameters that all share.
#include "families/family.hpp"

#include <array>
#include <cmath>
#include <string>

#include "gaussmix/error.hpp"
#include "linalg/triangular.hpp"
#include "text/number.hpp"

namespace gaussmix {
namespace families {
namespace {

const std::array<const Family*, 4> all{&full, &tied, &diag, &spherical};

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
    const Index n = n_covariances(family, n_components);
    switch (family.whitening) {
        case Whitening::scalar: return n;
        case Whitening::diagonal: return n * n_features;
        case Whitening::full:
        case Whitening::shared: break;
    }
    return n * n_features * n_features;
}

Index root_size(const Family& family, Index n_features) noexcept {
    return rows::is_separable(family.whitening) ? n_features : linalg::packed_size(n_features);
}

Parameters component(const Parameters& parameters, Index k) {
    const auto part = [k](const std::vector<double>& numbers, Index n) {
        const auto size = static_cast<std::ptrdiff_t>(numbers.size()) / n;
        return std::vector<double>(numbers.begin() + k * size, numbers.begin() + (k + 1) * size);
    };
    const Index n_covariances = families::n_covariances(get(parameters.family), parameters.n_components);
    return {parameters.family,
            1,
            parameters.n_features,
            {1.0},
            part(parameters.means, parameters.n_components),
            n_covariances == 1 ? parameters.covariances : part(parameters.covariances, n_covariances)};
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
    throw Error(Errc::invalid_argument, "covariance_type='" + std::string(text) + "' is unknown: use one of " + valid);
}

std::vector<Index> covariances_shape(Covariance family, Index n_components, Index n_features) {
    return families::get(family).shape(n_components, n_features);
}

Index n_parameters(const Parameters& parameters) noexcept {
    return families::get(parameters.family).count(parameters.n_components, parameters.n_features) +
           parameters.n_components * parameters.n_features + parameters.n_components - 1;
}

Scatter scatter_for(Covariance family) noexcept { return families::get(family).scatter; }

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

namespace families {

void check(const Parameters& parameters) {
    const Index k_total = parameters.n_components;
    const Index d = parameters.n_features;
    if (k_total < 1 || d < 1) invalid("a mixture needs at least one component and one feature");
    check_size("weights", parameters.weights, k_total);
    // First that there are d numbers at all: from there on products of sizes cannot overflow.
    if (d > static_cast<Index>(parameters.means.size())) check_size("means", parameters.means, d);
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
    if (!rows::is_separable(families::get(parameters.family).whitening)) check_symmetric(parameters);
}

}  // namespace families

void validate(const Parameters& parameters) { prepare(parameters); }

}  // namespace gaussmix
