/// What the families of whole matrices share: one matrix per component, or one for all.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "families/axes.hpp"
#include "families/family.hpp"
#include "linalg/eigen.hpp"
#include "linalg/triangular.hpp"
#include "parallel/parallel.hpp"

namespace gaussmix::families {

/// Covariances stored as d x d matrices, one for each factor of the whitening.
class OfMatrices : public Family {
public:
    using Family::Family;

    bool root(const Parameters& parameters, Index k, const kernels::Table& table, double* out) const final {
        const Index d = parameters.n_features;
        return root_of(parameters.covariances.data() + offset(k, d), d, table, out);
    }
    void lift(Parameters& parameters, Index k, double scale, const std::vector<double>& amounts) const final {
        const Index d = parameters.n_features;
        double* matrix = matrix_of(parameters, k);
        for (Index j = 0; j < d; ++j) matrix[j * d + j] += scale * amounts[j];
    }
    void bound(Parameters& parameters, Index k, double least, double most) const final {
        const Index d = parameters.n_features;
        double* matrix = matrix_of(parameters, k);
        std::vector<double> work(matrix, matrix + d * d);
        std::vector<double> values(d);
        std::vector<double> axes(d * d);
        linalg::eigen(work.data(), d, values.data(), axes.data());
        if (values.front() >= least && values.back() <= most) return;
        for (double& value : values) value = std::clamp(value, least, most);
        compose(axes, values, d, work);
        std::copy(work.begin(), work.end(), matrix);
    }
    double variance(const Parameters& parameters, Index k, Index feature) const noexcept final {
        const Index d = parameters.n_features;
        return parameters.covariances[offset(k, d) + feature * d + feature];
    }
    void add_outer(double* to, double factor, const std::vector<double>& step) const noexcept final {
        for (const double a : step) {
            for (const double b : step) *to++ += factor * a * b;
        }
    }

protected:
    /// A square root of one matrix, packed; false where it has none.
    static bool root_of(const double* matrix, Index d, const kernels::Table& table, double* out) {
        double* upper = out;
        for (Index i = 0; i < d; ++i) {
            for (Index j = i; j < d; ++j) *upper++ = matrix[i * d + j];
        }
        return linalg::cholesky(out, d, table);
    }

    double* matrix_of(Parameters& parameters, Index k) const noexcept {
        return parameters.covariances.data() + offset(k, parameters.n_features);
    }

    /// Sets matrix[i, j] = matrix[j, i] = value(i, j), each of which costs `work`, and adds the ridge to the diagonal.
    template <class Value>
    static void fill_symmetric(double* matrix, Index d, const std::vector<double>& ridge, Index work, Value value) {
        constexpr Index together = 8;  // rows: a cache line of each column
        parallel::Pace pace;
        for (Index first = 0; first < d; first += together) {
            const Index end = std::min(first + together, d);
            for (Index i = first; i < end; ++i) {
                pace.spend(i * work);
                for (Index j = 0; j <= i; ++j) matrix[i * d + j] = value(i, j);
            }
            for (Index j = 0; j < end; ++j) {
                for (Index i = std::max(first, j + 1); i < end; ++i) matrix[j * d + i] = matrix[i * d + j];
            }
            for (Index i = first; i < end; ++i) matrix[i * d + i] += ridge[i];
        }
    }

    /// Moves the means of the halves of component `from` apart: those of a Gaussian cut at its mean along a feature lie
    /// sqrt(2 / pi) standard deviations from it, and the other features follow by regression. Returns the step (d,);
    /// the covariance within each half is smaller by its square.
    static std::vector<double> halve_means(Parameters& parameters, const double* matrix, Index from, Index to,
                                           Index feature) {
        const Index d = parameters.n_features;
        std::vector<double> step(d);
        for (Index j = 0; j < d; ++j) {
            step[j] = half_mean * matrix[j * d + feature] / std::sqrt(matrix[feature * d + feature]);
            double& mean = parameters.means[from * d + j];
            parameters.means[to * d + j] = mean + step[j];
            mean -= step[j];
        }
        return step;
    }

private:
    Index offset(Index k, Index d) const noexcept { return whitening.is_shared() ? 0 : k * d * d; }
};

/// Covariances stored as a matrix of each component, (K, d, d).
class OfOwnMatrices : public OfMatrices {
public:
    OfOwnMatrices(CovarianceType covariance_, std::string_view name_, std::string_view code_) noexcept
        : OfMatrices(covariance_, name_, code_, whitening::full, scatter::full) {}

    std::vector<Index> shape(Index n_components, Index n_features) const final {
        return {n_components, n_features, n_features};
    }

    /// Sigma_k = (S_k - N_k delta_k delta_k^T) / divisor_k + ridge.
    void update(const MStep& step, const rows::Context&, Parameters& parameters) const final {
        constexpr Index strided = 8;  // writing a column costs more than arithmetic
        const Index d = parameters.n_features;
        for_each_live_component(step, [&](Index k, double count, double divisor) {
            const double share = count / divisor;
            const double* sums = step.moments->scatter.data() + scatter.offset(k, d);
            const double* delta = step.shift.data() + k * d;
            fill_symmetric(matrix_of(parameters, k), d, *step.ridge, strided, [&](Index i, Index j) {
                return sums[linalg::packed_index(i, j)] / divisor - share * (delta[i] * delta[j]);
            });
        });
    }

    void halve(Parameters& parameters, Index from, Index to, Index feature) const final {
        const Index d = parameters.n_features;
        double* matrix = matrix_of(parameters, from);
        const std::vector<double> column = halve_means(parameters, matrix, from, to, feature);
        add_outer(matrix, -1, column);
        std::copy_n(matrix, d * d, matrix_of(parameters, to));
    }
};

/// Matrices of components that share volume, shape or orientation.
class ConstrainedMatrices : public OfOwnMatrices {
public:
    ConstrainedMatrices(CovarianceType covariance_, std::string_view code_) noexcept
        : OfOwnMatrices(covariance_, code_, code_) {}

    bool is_free() const noexcept final { return false; }

protected:
    /// log |Sigma_k|^(1/d), (K,), of covariances (K, d, d); minus infinity where one is not positive definite.
    static std::vector<double> log_volumes_of(const std::vector<double>& covariances, Index n_features,
                                              const rows::Context& context) {
        const Index d = n_features;
        std::vector<double> root(linalg::packed_size(d));
        std::vector<double> result;
        result.reserve(covariances.size() / (d * d));
        for (const double* matrix = covariances.data(); matrix != covariances.data() + covariances.size();
             matrix += d * d) {
            if (!root_of(matrix, d, context.table, root.data())) {
                result.push_back(-std::numeric_limits<double>::infinity());
                continue;
            }
            double sum = 0;
            for (Index j = 0; j < d; ++j) {
                sum += std::log(root[linalg::upper_index(j, j, d)]);
            }
            result.push_back(2 * sum / static_cast<double>(d));
        }
        return result;
    }

    bool are_positive_definite(const Parameters& parameters, const rows::Context& context) const {
        std::vector<double> root(linalg::packed_size(parameters.n_features));
        for (Index k = 0; k < parameters.n_components; ++k) {
            if (!this->root(parameters, k, context.table, root.data())) return false;
        }
        return true;
    }
};

}  // namespace gaussmix::families
