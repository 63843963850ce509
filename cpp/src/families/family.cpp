/// The list of families, by name and by value, and the checks of parameters that all share.
#include "families/family.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>

#include "families/list.hpp"
#include "gaussmix/families.hpp"
#include "linalg/triangular.hpp"
#include "text/format.hpp"
#include "text/invalid.hpp"
#include "text/number.hpp"

namespace gaussmix {
namespace families {
namespace {

std::vector<const Family*>& registered() {
    // Never destroyed: a thread may still be fitting while the process ends.
    static auto& families =
        *new std::vector<const Family*>{&full(), &tied(), &diag(), &spherical(), &eii(), &eei(), &vei(),
                                        &evi(),  &vee(),  &eve(),  &vve(),       &eev(), &vev(), &evv()};
    return families;
}

const Family* find(CovarianceType covariance) noexcept {
    const std::vector<const Family*>& families = registered();
    const auto at = static_cast<Index>(covariance);
    if (at < signed_size(families) && families[at]->covariance == covariance) return families[at];
    for (const Family* family : families) {
        if (family->covariance == covariance) return family;
    }
    return nullptr;
}

/// Whether a text is a code, but for the case of its letters.
bool spells(std::string_view text, std::string_view code) noexcept {
    const auto same = [](char a, char b) { return a == b || a == b + ('a' - 'A'); };
    return !code.empty() && std::equal(text.begin(), text.end(), code.begin(), code.end(), same);
}

/// The free parameters where each component has a covariance of its own, of that form.
Index count_apart(const whitening::Form& form, Index n_components, Index n_features) noexcept {
    if (form.is_uniform()) return n_components;
    return n_components * (form.is_separable() ? n_features : linalg::packed_size(n_features));
}

}  // namespace

Index Family::count(Index n_components, Index n_features) const noexcept {
    const Index d = n_features;
    const Index each[] = {1, d - 1, d * (d - 1) / 2};  // volume, shape, orientation
    Index sum = 0;
    for (std::size_t i = 0; i < code.size(); ++i) {
        if (code[i] != 'I') sum += code[i] == 'V' ? n_components * each[i] : each[i];
    }
    return sum;
}

double prior_share(const Family& family, Index n_components, Index n_features) noexcept {
    return static_cast<double>(family.count(n_components, n_features)) /
           static_cast<double>(count_apart(family.whitening, n_components, n_features));
}

double prior_exponent(const Family& family, double degrees_of_freedom, Index n_components, Index n_features) noexcept {
    const auto d = static_cast<double>(n_features);
    const double whole = family.whitening.is_uniform()     ? (degrees_of_freedom + 2) / d
                         : family.whitening.is_separable() ? degrees_of_freedom + 2
                                                           : degrees_of_freedom + d + 1;
    return whole * static_cast<double>(family.count(n_components, n_features)) /
               static_cast<double>(count_apart(family.whitening, n_components, n_features)) +
           1;
}

const std::vector<const Family*>& all() { return registered(); }

bool lies_within(const Family& inner, const Family& outer) noexcept {
    constexpr std::string_view order = "IEV";  // each a special case of the next
    if (inner.code.empty() || outer.code.empty()) return false;
    for (std::size_t i = 0; i < inner.code.size(); ++i) {
        if (order.find(inner.code[i]) > order.find(outer.code[i])) return false;
    }
    return true;
}

void add(const Family& family) { registered().push_back(&family); }

const Family& get(CovarianceType covariance) {
    if (const Family* family = find(covariance)) return *family;
    text::invalid("covariance_type={} is none of its enumerators, 0 ... {}: use their names",
                  static_cast<int>(covariance), static_cast<int>(registered().back()->covariance));
}

const Family& get(std::string_view name) {
    std::string valid;
    for (const Family* family : registered()) {
        if (family->name == name || spells(name, family->code)) return *family;
        valid += text::format(valid.empty() ? "'{}'" : ", '{}'", family->name);
    }
    text::invalid("covariance_type='{}' is unknown: use one of {}", name, valid);
}

Index n_covariances(const Family& family, Index n_components) noexcept {
    return family.whitening.n_factors(n_components);
}

Index covariances_size(const Family& family, Index n_components, Index n_features) {
    const std::vector<Index> shape = family.shape(n_components, n_features);
    return std::accumulate(shape.begin(), shape.end(), Index{1}, std::multiplies<>());
}

double share_of_components(const Parameters& parameters) noexcept {
    if (!parameters.noise) return 1;
    const double sum = std::accumulate(parameters.weights.begin(), parameters.weights.end(), 0.0);
    return sum > 0 ? sum : 1;
}

std::vector<double> weights_of_terms(const Parameters& parameters) {
    std::vector<double> weights = parameters.weights;
    if (parameters.noise) weights.push_back(parameters.noise->weight);
    return weights;
}

Parameters component(const Parameters& parameters, Index k) {
    const auto part = [k](const std::vector<double>& numbers, Index n) {
        const auto size = static_cast<std::ptrdiff_t>(numbers.size()) / n;
        return std::vector<double>(numbers.begin() + k * size, numbers.begin() + (k + 1) * size);
    };
    const Index n_covariances = families::n_covariances(get(parameters.covariance_type), parameters.n_components);
    return {parameters.covariance_type,
            1,
            parameters.n_features,
            {1.0},
            part(parameters.means, parameters.n_components),
            n_covariances == 1 ? parameters.covariances : part(parameters.covariances, n_covariances)};
}

}  // namespace families

std::string_view name(CovarianceType covariance) noexcept {
    const families::Family* family = families::find(covariance);
    return family != nullptr ? family->name : "unknown";
}

CovarianceType covariance_type_from_name(std::string_view text) { return families::get(text).covariance; }

std::string_view mclust_code(CovarianceType family) { return families::get(family).code; }

std::vector<CovarianceType> all_families() {
    std::vector<CovarianceType> result;
    for (const families::Family* family : families::all()) result.push_back(family->covariance);
    return result;
}

std::vector<Index> covariances_shape(CovarianceType family, Index n_components, Index n_features) {
    return families::get(family).shape(n_components, n_features);
}

Index n_parameters(const Parameters& parameters) {
    return families::get(parameters.covariance_type).count(parameters.n_components, parameters.n_features) +
           parameters.n_components * parameters.n_features + parameters.n_components - 1 + (parameters.noise ? 2 : 0);
}

Scatter scatter_for(CovarianceType family) { return families::get(family).scatter.kind; }

namespace {

/// Calls see(k, i, j, a, b) for each pair of numbers a, at (i, j), and b, at (j, i), that differ in covariance k.
template <class See>
void for_each_difference(const Parameters& parameters, See see) {
    if (families::get(parameters.covariance_type).whitening.is_separable()) return;
    const Index d = parameters.n_features;
    const Index n = signed_size(parameters.covariances) / (d * d);
    for (Index k = 0; k < n; ++k) {
        const double* matrix = parameters.covariances.data() + k * d * d;
        for (Index i = 0; i < d; ++i) {
            for (Index j = 0; j < i; ++j) {
                if (matrix[i * d + j] != matrix[j * d + i]) see(k, i, j, matrix[i * d + j], matrix[j * d + i]);
            }
        }
    }
}

/// Returns whether all covariances are exactly symmetric. Throws if rounding alone does not explain a difference.
bool check_symmetric(const Parameters& parameters) {
    constexpr double rounding = 1e-5;  // sums in single precision, of the deviations of both features
    const Index d = parameters.n_features;
    bool exactly = true;
    for_each_difference(parameters, [&](Index k, Index i, Index j, double a, double b) {
        const double* matrix = parameters.covariances.data() + k * d * d;
        const double scale = std::sqrt(std::abs(matrix[i * d + i])) * std::sqrt(std::abs(matrix[j * d + j]));
        exactly = false;
        if (std::abs(a - b) <= rounding * scale) return;
        const auto at = [](Index row, Index column) { return text::format(" at ({}, {})", row, column); };
        text::invalid(
            "{} is not symmetric{}: it has {} there and {}{}, which rounding does not explain: give the mean of both, "
            "(S + S^T) / 2, if no entry is wrong",
            families::covariance_in_words(parameters, k), at(i, j), text::number(a, b), text::number(b, a), at(j, i));
    });
    return exactly;
}

}  // namespace

namespace families {

void check_box(const NoiseBox& box, Index d, std::optional<double> log_volume) {
    if (!box.known() && box.middle.empty()) return;
    text::check_numbers("noise.log_widths", box.log_widths, d, "one for each feature");
    text::check_numbers("noise.middle", box.middle, d, "one for each feature");
    double sum = 0;
    double scale = 1;
    for (const double width : box.log_widths) {
        sum += width;
        scale += std::abs(width);
    }
    constexpr double rounding = 1e-9;
    if (log_volume && !(std::abs(sum - *log_volume) <= rounding * scale)) {
        text::invalid("noise.log_widths sum to {}, not to noise.log_volume={}: leave one of them out",
                      text::number(sum, *log_volume), text::number(*log_volume, sum));
    }
}

bool check_values(const Parameters& parameters) {
    const Index k_total = parameters.n_components;
    const Index d = parameters.n_features;
    if (k_total < 1 || d < 1) {
        text::invalid("n_components={} and n_features={}: a mixture needs at least one component and one feature",
                      k_total, d);
    }
    text::check_numbers("weights", parameters.weights, k_total, "one for each component");
    // First checks that there are d numbers at all: from there on, products of sizes cannot overflow.
    const char* const each = "one for each component and feature";
    if (d > signed_size(parameters.means)) text::check_numbers("means", parameters.means, d, each);
    text::check_numbers("means", parameters.means, k_total * d, each);
    const Family& family = families::get(parameters.covariance_type);
    text::check_numbers("covariances", parameters.covariances, families::covariances_size(family, k_total, d),
                        family.whitening.is_uniform()     ? "one for each component"
                        : family.whitening.is_separable() ? each
                        : family.whitening.is_shared()    ? "one for each pair of features"
                                                          : "one for each component and pair of features");
    double sum = 0;
    for (Index k = 0; k < k_total; ++k) {
        const double weight = parameters.weights[k];
        if (weight < 0) {
            text::invalid("weights has a negative number, {} of component {}: give the share of each component", weight,
                          k);
        }
        sum += weight;
    }
    if (sum == 0 && !parameters.noise) text::invalid("weights are all zero: give the share of each component");
    if (parameters.noise) {
        const auto& [weight, log_volume, box] = *parameters.noise;
        if (!(weight >= 0 && weight <= 1)) {
            text::invalid("noise.weight={} must be in 0 ... 1", text::number(weight, 1));
        }
        if (!std::isfinite(log_volume)) text::invalid("noise.log_volume={} must be finite", log_volume);
        check_box(box, parameters.n_features, log_volume);
        if (std::abs(sum + weight - 1) > 1e-6) {
            text::invalid("weights and noise.weight sum to {}, not to 1: divide them by their sum",
                          text::number(sum + weight, 1));
        }
    } else if (std::abs(sum - 1) > 1e-6) {
        text::invalid("weights sum to {}, not to 1: divide them by their sum", text::number(sum, 1));
    }
    return check_symmetric(parameters);
}

std::string covariance_in_words(const Parameters& parameters, Index k) {
    const bool shared = get(parameters.covariance_type).whitening.is_shared();
    return shared ? "covariances: the shared matrix" : text::format("covariances: that of component {}", k);
}

}  // namespace families

Parameters symmetrised(Parameters parameters) {
    if (families::check_values(parameters)) return parameters;
    const Index d = parameters.n_features;
    for_each_difference(parameters, [&](Index k, Index i, Index j, double a, double b) {
        double* matrix = parameters.covariances.data() + k * d * d;
        matrix[i * d + j] = matrix[j * d + i] = a + (b - a) / 2;
    });
    return parameters;
}

void validate(const Parameters& parameters) { prepare(parameters); }

}  // namespace gaussmix
