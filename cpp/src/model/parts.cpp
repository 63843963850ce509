/// Mixtures made of mixtures, and moments of the whole.
#include "gaussmix/parts.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "families/assemble.hpp"
#include "families/closure.hpp"
#include "gaussmix/error.hpp"
#include "model/features.hpp"
#include "model/output.hpp"
#include "model/univariate.hpp"
#include "parallel/parallel.hpp"
#include "rows/context.hpp"
#include "text/invalid.hpp"

namespace gaussmix {
namespace {

using families::Change;

/// A (m, d) and what it does to features.
struct Map {
    const std::vector<double>& matrix;
    Index n_new;
    Index n_old;

    double operator()(Index i, Index j) const { return matrix[i * n_old + j]; }

    /// Returns the only feature that the new one depends on; -1 if there are several.
    Index source(Index i) const {
        Index found = -1;
        for (Index j = 0; j < n_old; ++j) {
            if ((*this)(i, j) == 0) continue;
            if (found >= 0) return -1;
            found = j;
        }
        if (found < 0) text::invalid("A has only zeros in row {}: give linearly independent rows", i);
        return found;
    }

    Change change() const {
        Change change;
        change.drops = n_new < n_old;
        double first = 0;
        for (Index i = 0; i < n_new; ++i) {
            const Index j = source(i);
            if (j < 0) {
                change.mixes = true;
                continue;
            }
            const double factor = std::abs((*this)(i, j));
            if (first != 0 && factor != first) change.uneven = true;
            first = factor;
        }
        change.uneven = change.uneven || change.mixes;
        return change;
    }

    /// Returns A S A^T, symmetric to the last bit.
    std::vector<double> around(const std::vector<double>& covariance) const {
        std::vector<double> half(n_new * n_old);
        parallel::Pace pace;
        for (Index i = 0; i < n_new; ++i) {
            for (Index l = 0; l < n_old; ++l) {
                const double a = (*this)(i, l);
                if (a == 0) continue;
                pace.spend(2 * n_old);
                for (Index j = 0; j < n_old; ++j) half[i * n_old + j] += a * covariance[l * n_old + j];
            }
        }
        std::vector<double> result(n_new * n_new);
        for (Index i = 0; i < n_new; ++i) {
            pace.spend(2 * n_old * i);
            for (Index j = 0; j <= i; ++j) {
                double sum = 0;
                for (Index l = 0; l < n_old; ++l) sum += half[i * n_old + l] * (*this)(j, l);
                result[i * n_new + j] = result[j * n_new + i] = sum;
            }
        }
        return result;
    }
};

void check_index(const char* what, Index index, Index size) {
    if (index >= 0 && index < size) return;
    text::invalid("{}={} is no component: they are counted from 0 to {}", what, index, size - 1);
}

/// Adds weight (S + step step^T) to a matrix.
void add(std::vector<double>& to, double weight, const std::vector<double>& covariance,
         const std::vector<double>& step) {
    const Index d = signed_size(step);
    for (Index i = 0; i < d; ++i) {
        for (Index j = 0; j < d; ++j) to[i * d + j] += weight * (covariance[i * d + j] + step[i] * step[j]);
    }
}

/// The weight, mean and covariance of some components together.
struct Whole {
    double weight = 0;
    std::vector<double> mean;
    std::vector<double> covariance;
};

Whole together(const Parameters& parameters, const std::vector<Index>& components) {
    const Index d = parameters.n_features;
    Whole whole{0, std::vector<double>(d), std::vector<double>(d * d)};
    for (const Index k : components) whole.weight += parameters.weights[k];
    const auto share = [&](Index k) {
        return whole.weight > 0 ? parameters.weights[k] / whole.weight : 1 / static_cast<double>(components.size());
    };
    for (const Index k : components) {
        for (Index j = 0; j < d; ++j) whole.mean[j] += share(k) * parameters.means[k * d + j];
    }
    std::vector<double> step(d);
    for (const Index k : components) {
        for (Index j = 0; j < d; ++j) step[j] = parameters.means[k * d + j] - whole.mean[j];
        add(whole.covariance, share(k), covariance_matrix(parameters, k), step);
    }
    return whole;
}

std::vector<Index> all_components(const Parameters& parameters) {
    std::vector<Index> all(parameters.n_components);
    std::iota(all.begin(), all.end(), Index{0});
    return all;
}

/// Calls compute(mixture, i) for each of n numbers, in parallel, where the mixture has one feature.
template <class Compute>
void on_a_line(const Parameters& parameters, Index n, const char* what, const Execution& execution, Compute compute) {
    validate(parameters);
    model::refuse_noise(parameters);
    if (parameters.n_features != 1) {
        text::invalid("{} needs a mixture of one feature, this one has {}: take the marginal of one", what,
                      parameters.n_features);
    }
    std::vector<double> deviations = variances(parameters);
    for (double& deviation : deviations) deviation = std::sqrt(deviation);
    const model::Univariate mixture{parameters.weights.data(), parameters.means.data(), deviations.data(),
                                    parameters.n_components};
    constexpr Index at_once = 1024;
    const Index n_parts = (n + at_once - 1) / at_once;
    if (n == 0) return;
    const rows::Context context(execution, n_parts);
    parallel::parallel_for(n_parts, context.n_threads, context.poll, [&](Index part, const parallel::Worker&) {
        parallel::Pace pace;
        for (Index i = part * at_once; i < std::min(n, (part + 1) * at_once); ++i) {
            constexpr Index flops = 100;
            pace.spend(flops * parameters.n_components);
            compute(mixture, i);
        }
    });
}

}  // namespace

Parameters marginal(const Parameters& parameters, const std::vector<Index>& features) {
    validate(parameters);
    model::refuse_noise(parameters);
    model::chosen(features, parameters.n_features, "features");
    const families::Family& family = families::get(parameters.covariance_type);
    Parameters part;
    part.covariance_type =
        families::after(parameters.covariance_type, {signed_size(features) < parameters.n_features, false, false});
    part.n_components = parameters.n_components;
    part.n_features = signed_size(features);
    part.weights = parameters.weights;
    for (Index k = 0; k < parameters.n_components; ++k) {
        for (const Index j : features) part.means.push_back(parameters.means[k * parameters.n_features + j]);
    }
    families::assemble(
        part, [&](Index k, Index j) { return family.variance(parameters, k, features[j]); },
        [&](Index k) { return covariance_matrix(parameters, k, features); });
    return symmetrised(std::move(part));
}

Parameters transform(const Parameters& parameters, const std::vector<double>& matrix,
                     const std::vector<double>& shift) {
    const Parameters given = symmetrised(parameters);
    model::refuse_noise(given);
    validate(given);
    const Index d = given.n_features;
    const Index m = signed_size(shift);
    text::check_numbers("b", shift, m, "numbers");
    text::check_numbers("A", matrix, m * d, "(m, d)");
    if (m < 1 || m > d) {
        text::invalid("A has {} rows, but there are {} features: give at least one row, and no more rows than features",
                      m, d);
    }
    const Map map{matrix, m, d};
    const Change change = map.change();
    const families::Family& family = families::get(given.covariance_type);
    Parameters image;
    image.covariance_type = families::after(given.covariance_type, change);
    image.n_components = given.n_components;
    image.n_features = m;
    image.weights = given.weights;
    for (Index k = 0; k < given.n_components; ++k) {
        for (Index i = 0; i < m; ++i) {
            double sum = 0;
            for (Index j = 0; j < d; ++j) sum += map(i, j) * given.means[k * d + j];
            image.means.push_back(sum + shift[i]);
        }
    }
    families::assemble(
        image,
        [&](Index k, Index i) {
            const Index j = map.source(i);
            return map(i, j) * map(i, j) * family.variance(given, k, j);
        },
        [&](Index k) { return map.around(covariance_matrix(given, k)); });
    try {
        validate(image);
    } catch (const Error& error) {
        text::invalid("A makes a mixture that no numbers hold: give linearly independent rows of moderate size ({})",
                      error.what());
    }
    return image;
}

Parameters mix(const std::vector<Parameters>& mixtures, const std::vector<double>& weights) {
    if (mixtures.empty()) text::invalid("mixtures is empty: give at least one");
    for (const Parameters& mixture : mixtures) model::refuse_noise(mixture);
    text::check_numbers("weights", weights, signed_size(mixtures), "one for each mixture");
    double total = 0;
    for (const double weight : weights) {
        if (weight < 0) text::invalid("weights has {}: give shares, which are not negative", weight);
        total += weight;
    }
    constexpr double tolerance = 1e-6;
    if (!(std::abs(total - 1) <= tolerance)) {
        text::invalid("weights sum to {}, not to 1: divide them by their sum", text::number(total, 1));
    }
    Parameters all;
    all.covariance_type = families::joined(mixtures.front().covariance_type, false);
    all.n_features = mixtures.front().n_features;
    for (const Parameters& each : mixtures) {
        validate(each);
        if (each.n_features != all.n_features) {
            text::invalid("mixtures have {} and {} features: give mixtures of the same features", all.n_features,
                          each.n_features);
        }
        if (each.covariance_type != mixtures.front().covariance_type) all.covariance_type = families::of_any_matrices();
        all.n_components += each.n_components;
    }
    std::vector<std::pair<const Parameters*, Index>> sources;
    for (std::size_t i = 0; i < mixtures.size(); ++i) {
        const Parameters& each = mixtures[i];
        for (Index k = 0; k < each.n_components; ++k) {
            all.weights.push_back(weights[i] / total * each.weights[k]);
            sources.emplace_back(&each, k);
        }
        all.means.insert(all.means.end(), each.means.begin(), each.means.end());
    }
    families::assemble(
        all,
        [&](Index k, Index j) {
            const auto& [source, own] = sources[k];
            return families::get(source->covariance_type).variance(*source, own, j);
        },
        [&](Index k) { return covariance_matrix(*sources[k].first, sources[k].second); });
    return symmetrised(std::move(all));
}

Parameters merge_components(const Parameters& parameters, Index i, Index j) {
    const Parameters given = symmetrised(parameters);
    validate(given);
    check_index("i", i, given.n_components);
    check_index("j", j, given.n_components);
    if (i == j) text::invalid("i and j are both {}: give two components", i);
    const Index kept = std::min(i, j);
    const Index gone = std::max(i, j);
    const Index d = given.n_features;
    const Whole pair = together(given, {i, j});
    Parameters merged;
    merged.covariance_type = families::joined(given.covariance_type, d > 1);
    merged.n_components = given.n_components - 1;
    merged.n_features = d;
    merged.noise = given.noise;
    std::vector<Index> sources;
    for (Index k = 0; k < given.n_components; ++k) {
        if (k == gone) continue;
        sources.push_back(k);
        merged.weights.push_back(k == kept ? pair.weight : given.weights[k]);
        const double* mean = k == kept ? pair.mean.data() : given.means.data() + k * d;
        merged.means.insert(merged.means.end(), mean, mean + d);
    }
    const auto matrix = [&](Index k) {
        return sources[k] == kept ? pair.covariance : covariance_matrix(given, sources[k]);
    };
    families::assemble(merged, [&](Index k, Index l) { return matrix(k)[l * d + l]; }, matrix);
    return merged;
}

std::vector<double> mean(const Parameters& parameters) {
    validate(parameters);
    model::refuse_noise(parameters);
    return together(parameters, all_components(parameters)).mean;
}

std::vector<double> covariance(const Parameters& parameters) {
    const Parameters given = symmetrised(parameters);
    validate(given);
    model::refuse_noise(given);
    return together(given, all_components(given)).covariance;
}

void cdf(const Parameters& parameters, const std::vector<double>& x, Output<double> out, const Execution& execution) {
    model::check_output(out, "out", signed_size(x));
    for (const double each : x) {
        if (std::isnan(each)) text::invalid("x has NaN: give numbers");
    }
    on_a_line(parameters, signed_size(x), "cdf", execution,
              [&](const model::Univariate& mixture, Index i) { out.data[i] = model::below(mixture, x[i]); });
}

void quantiles(const Parameters& parameters, const std::vector<double>& p, Output<double> out,
               const Execution& execution) {
    model::check_output(out, "out", signed_size(p));
    model::check_probabilities(p);
    on_a_line(parameters, signed_size(p), "quantiles", execution,
              [&](const model::Univariate& mixture, Index i) { out.data[i] = model::quantile(mixture, p[i]); });
}

}  // namespace gaussmix
