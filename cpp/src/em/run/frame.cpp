#include "em/run/frame.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "families/prepare.hpp"
#include "linalg/triangular.hpp"

namespace gaussmix::em {
namespace {

/// Computes L^-1 Y for a matrix Y (d, n), row-major, in place; `root` is R = L^T, packed.
void solve_lower(const double* root, Index d, Index n, double* y) {
    for (Index j = 0; j < d; ++j) {
        const double* row = root + linalg::upper_index(j, j, d) - j;
        double* from = y + j * n;
        for (Index c = 0; c < n; ++c) from[c] /= row[j];
        for (Index i = j + 1; i < d; ++i) {
            const double factor = row[i];
            double* to = y + i * n;
            for (Index c = 0; c < n; ++c) to[c] -= factor * from[c];
        }
    }
}

/// Returns L^-1 S L^-T of a symmetric matrix (d, d).
std::vector<double> whitened(const double* root, Index d, const double* matrix) {
    std::vector<double> once(matrix, matrix + d * d);
    solve_lower(root, d, d, once.data());
    std::vector<double> twice(once.size());
    for (Index i = 0; i < d; ++i) {
        for (Index j = 0; j < d; ++j) twice[j * d + i] = once[i * d + j];
    }
    solve_lower(root, d, d, twice.data());
    return twice;
}

/// Returns the lower triangle L of a packed R = L^T, as a matrix (d, d).
std::vector<double> lower(const double* root, Index d) {
    std::vector<double> matrix(d * d);
    for (Index j = 0; j < d; ++j) {
        for (Index i = j; i < d; ++i) matrix[i * d + j] = root[linalg::upper_index(j, i, d)];
    }
    return matrix;
}

/// Returns the product of two lower triangles (d, d).
std::vector<double> product(const std::vector<double>& a, const std::vector<double>& b, Index d) {
    std::vector<double> result(a.size());
    for (Index i = 0; i < d; ++i) {
        double* row = result.data() + i * d;
        for (Index l = 0; l <= i; ++l) {
            const double factor = a[i * d + l];
            const double* other = b.data() + l * d;
            for (Index j = 0; j <= l; ++j) row[j] += factor * other[j];
        }
    }
    return result;
}

}  // namespace

Frame::Frame(Parameters centre, const Known& known, const kernels::Table& table)
    : table_(table), known_(&known), centre_(std::move(centre)), family_(families::get(centre_.covariance_type)) {
    const Index size = family_.whitening.root_size(centre_.n_features);
    roots_.resize(n_covariances() * size);
    for (Index k = 0; k < n_covariances(); ++k) {
        if (!family_.root(centre_, k, table_, roots_.data() + k * size)) families::refuse(centre_, k);
    }
}

Index Frame::n_covariances() const noexcept { return families::n_covariances(family_, centre_.n_components); }

/// Returns pi_k, or 1 for a shared covariance.
double Frame::covariance_share(Index k) const noexcept {
    return family_.whitening.is_shared() ? 1.0 : centre_.weights[k];
}

/// Returns L^-1 (mu' - mu) of component k.
std::vector<double> Frame::whitened_step(const Parameters& to, Index k) const {
    const Index d = centre_.n_features;
    const bool shared = family_.whitening.is_shared();
    const double* root = roots_.data() + (shared ? 0 : k * family_.whitening.root_size(d));
    std::vector<double> step(d);
    for (Index j = 0; j < d; ++j) step[j] = to.means[k * d + j] - centre_.means[k * d + j];
    if (family_.whitening.is_separable()) {
        for (Index j = 0; j < d; ++j) step[j] /= root[j];
    } else {
        solve_lower(root, d, 1, step.data());
    }
    return step;
}

/// Makes the coordinates of fixed weights and covariances zero, which rounding need not have left so. Those of fixed
/// means are zero.
void Frame::hold_fixed(std::vector<double>& coordinates) const {
    if (!known_->fixes()) return;
    const Index n = centre_.n_components;
    for (Index k = 0; k < n; ++k) {
        if (known_->weight(k)) coordinates[k] = 0;
    }
    const Index first = n + (centre_.noise ? 1 : 0) + n * centre_.n_features;
    const Index size = (signed_size(coordinates) - first) / n_covariances();
    for (Index k = 0; k < n_covariances(); ++k) {
        if (known_->covariance(k)) std::fill_n(coordinates.begin() + first + k * size, size, 0.0);
    }
}

/// Scales the weights that are not fixed so that all sum to 1.
void Frame::share_free(std::vector<double>& weights) const {
    double left = 1;
    double sum = 0;
    for (Index k = 0; k < signed_size(weights); ++k) {
        if (known_->weight(k)) {
            left -= weights[k];
        } else {
            sum += weights[k];
        }
    }
    const double divisor = sum / left;
    for (Index k = 0; k < signed_size(weights); ++k) {
        if (!known_->weight(k)) weights[k] /= divisor;
    }
}

std::vector<double> Frame::gradient(const Parameters& step, const Shares& shares) const {
    const Index n = centre_.n_components;
    const Index d = centre_.n_features;
    const Index size = family_.whitening.root_size(d);
    const bool shared = family_.whitening.is_shared();
    const bool matrices = !family_.whitening.is_separable();
    std::vector<double> result;
    result.reserve(n + 1 + n * d + n_covariances() * size);
    const std::vector<double> from = families::weights_of_terms(centre_);
    const std::vector<double> to = families::weights_of_terms(step);
    // Free weights share what the fixed ones leave, not the weight of their own rows.
    double rows = 1;
    double left = 1;
    if (known_->fixes_weights()) {
        for (Index k = 0; k < n; ++k) {
            rows -= known_->weight(k) ? shares.terms[k] : 0;
            left -= known_->weight(k) ? from[k] : 0;
        }
    }
    const double factor = left > 0 ? rows / left : 0;
    for (std::size_t k = 0; k < from.size(); ++k) {
        result.push_back(factor * ((to[k] - from[k]) / std::sqrt(from[k])));
    }
    // delta = L^-1 (mu^ - mu)
    std::vector<double> deltas;
    for (Index k = 0; k < n; ++k) {
        const std::vector<double> delta = whitened_step(step, k);
        for (const double number : delta) {
            result.push_back(shares.counts[k] * number / std::sqrt(centre_.weights[k]));
        }
        deltas.insert(deltas.end(), delta.begin(), delta.end());
    }
    const double total_divisor = std::accumulate(shares.divisors.begin(), shares.divisors.end(), 0.0);
    for (Index k = 0; k < n_covariances(); ++k) {
        const double share = covariance_share(k);
        const double divisor = shared ? total_divisor : shares.divisors[k];
        const double* root = roots_.data() + k * size;
        const Index first = shared ? 0 : k;
        const Index last = shared ? n : k + 1;
        // B = L^-1 Sigma^ L^-T + sum (count / divisor) delta delta^T - I
        const auto between = [&](Index i, Index j) {
            double sum = 0;
            for (Index c = first; c < last; ++c) {
                sum += shares.counts[c] / divisor * deltas[c * d + i] * deltas[c * d + j];
            }
            return sum;
        };
        if (matrices) {
            const std::vector<double> white = whitened(root, d, step.covariances.data() + k * d * d);
            for (Index i = 0; i < d; ++i) {
                for (Index j = 0; j < i; ++j) {
                    result.push_back(divisor * (white[i * d + j] + between(i, j)) / std::sqrt(share));
                }
                result.push_back(divisor * (white[i * d + i] + between(i, i) - 1) / std::sqrt(2 * share));
            }
            continue;
        }
        double sum = 0;
        for (Index j = 0; j < d; ++j) {
            const double variance = family_.variance(step, k, j) / (root[j] * root[j]);
            const double slope = variance + between(j, j) - 1;
            if (!family_.whitening.is_uniform()) result.push_back(divisor * slope / std::sqrt(2 * share));
            sum += slope;
        }
        if (family_.whitening.is_uniform()) {
            result.push_back(divisor * sum / std::sqrt(2 * share * static_cast<double>(d)));
        }
    }
    hold_fixed(result);
    return result;
}

std::optional<std::vector<double>> Frame::encode(const Parameters& other) const {
    const Index n = centre_.n_components;
    const Index d = centre_.n_features;
    const Index size = family_.whitening.root_size(d);
    const bool matrices = !family_.whitening.is_separable();
    std::vector<double> result;
    result.reserve(n + 1 + n * d + n_covariances() * size);
    const std::vector<double> from = families::weights_of_terms(centre_);
    const std::vector<double> to = families::weights_of_terms(other);
    for (std::size_t k = 0; k < from.size(); ++k) result.push_back(std::sqrt(from[k]) * std::log(to[k] / from[k]));
    for (Index k = 0; k < n; ++k) {
        const double scale = std::sqrt(centre_.weights[k]);
        for (const double number : whitened_step(other, k)) result.push_back(scale * number);
    }
    std::vector<double> root_of_other(size);
    for (Index k = 0; k < n_covariances(); ++k) {
        if (!family_.root(other, k, table_, root_of_other.data())) return std::nullopt;
        const double share = covariance_share(k);
        const double* root = roots_.data() + k * size;
        if (matrices) {
            std::vector<double> t = lower(root_of_other.data(), d);
            solve_lower(root, d, d, t.data());
            for (Index i = 0; i < d; ++i) {
                for (Index j = 0; j < i; ++j) {
                    result.push_back(std::sqrt(share) * t[i * d + j]);
                }
                result.push_back(std::sqrt(2 * share) * std::log(t[i * d + i]));
            }
        } else if (!family_.whitening.is_uniform()) {
            for (Index j = 0; j < d; ++j) {
                result.push_back(std::sqrt(2 * share) * std::log(root_of_other[j] / root[j]));
            }
        } else {
            result.push_back(std::sqrt(2 * share * static_cast<double>(d)) * std::log(root_of_other[0] / root[0]));
        }
    }
    hold_fixed(result);
    return result;
}

Parameters Frame::decode(const std::vector<double>& coordinates, double scale) const {
    const Index n = centre_.n_components;
    const Index d = centre_.n_features;
    const Index size = family_.whitening.root_size(d);
    const bool shared = family_.whitening.is_shared();
    const bool matrices = !family_.whitening.is_separable();
    const double* at = coordinates.data();
    Parameters result = centre_;
    std::vector<double> weights = families::weights_of_terms(centre_);
    for (double& weight : weights) weight *= std::exp(scale * *at++ / std::sqrt(weight));
    share_free(weights);
    std::copy_n(weights.begin(), n, result.weights.begin());
    if (result.noise) result.noise->weight = weights.back();
    for (Index k = 0; k < n; ++k) {
        const double factor = scale / std::sqrt(centre_.weights[k]);
        const double* root = roots_.data() + (shared ? 0 : k * size);
        double* mean = result.means.data() + k * d;
        for (Index j = 0; j < d; ++j) {
            const double step = factor * *at++;
            if (!matrices) {
                mean[j] += root[j] * step;
                continue;
            }
            for (Index i = j; i < d; ++i) mean[i] += root[linalg::upper_index(j, i, d)] * step;
        }
    }
    for (Index k = 0; k < n_covariances(); ++k) {
        const double share = covariance_share(k);
        const double* root = roots_.data() + k * size;
        if (known_->covariance(k)) {
            at += matrices ? d * (d + 1) / 2 : family_.whitening.is_uniform() ? 1 : d;
            continue;
        }
        double* covariance = result.covariances.data();
        if (matrices) {
            std::vector<double> t(d * d);
            for (Index i = 0; i < d; ++i) {
                for (Index j = 0; j < i; ++j) t[i * d + j] = scale * *at++ / std::sqrt(share);
                t[i * d + i] = std::exp(scale * *at++ / std::sqrt(2 * share));
            }
            const std::vector<double> moved = product(lower(root, d), t, d);
            covariance += k * d * d;
            for (Index i = 0; i < d; ++i) {
                for (Index j = 0; j <= i; ++j) {
                    const double* a = moved.data() + i * d;
                    const double* b = moved.data() + j * d;
                    covariance[i * d + j] = covariance[j * d + i] = std::inner_product(a, a + j + 1, b, 0.0);
                }
            }
        } else if (!family_.whitening.is_uniform()) {
            for (Index j = 0; j < d; ++j) covariance[k * d + j] *= std::exp(2 * scale * *at++ / std::sqrt(2 * share));
        } else {
            covariance[k] *= std::exp(2 * scale * *at++ / std::sqrt(2 * share * static_cast<double>(d)));
        }
    }
    return result;
}

}  // namespace gaussmix::em
