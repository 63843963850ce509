/// What the families of whole matrices (full, tied) share.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "families/family.hpp"
#include "linalg/triangular.hpp"
#include "parallel/parallel.hpp"

namespace gaussmix::families {

/// Covariances stored as d x d matrices, one for each factor of the whitening.
class OfMatrices : public Family {
public:
    using Family::Family;

    bool root(const Parameters& parameters, Index k, const kernels::Table& table, double* out) const final {
        const Index d = parameters.n_features;
        const double* matrix = parameters.covariances.data() + offset(k, d);
        double* upper = out;
        for (Index i = 0; i < d; ++i) {
            for (Index j = i; j < d; ++j) *upper++ = matrix[i * d + j];
        }
        return linalg::cholesky(out, d, table);
    }
    void lift(Parameters& parameters, Index k, double scale, const std::vector<double>& amounts) const final {
        const Index d = parameters.n_features;
        double* matrix = matrix_of(parameters, k);
        for (Index j = 0; j < d; ++j) matrix[j * d + j] += scale * amounts[j];
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
    double* matrix_of(Parameters& parameters, Index k) const noexcept {
        return parameters.covariances.data() + offset(k, parameters.n_features);
    }

    /// matrix[i, j] = matrix[j, i] = value(i, j), which costs `work`, plus the ridge on the diagonal.
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

}  // namespace gaussmix::families
