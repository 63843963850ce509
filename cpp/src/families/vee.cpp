/// VEE: matrices in the same proportions, each its own volume, (K, d, d).
#include <algorithm>
#include <cmath>
#include <utility>

#include "families/list.hpp"
#include "families/matrix.hpp"
#include "families/shape.hpp"

namespace gaussmix::families {
namespace {

class Vee final : public ConstrainedMatrices {
public:
    Vee() : ConstrainedMatrices(CovarianceType::vee, "VEE") {}

    /// Sigma_k = lambda_k C, |C| = 1, by turns. There is one minimum: the objective is convex along the geodesics
    /// between matrices C.
    bool constrain(const Constraint& constraint, const rows::Context& context, Parameters& parameters) const override {
        const Index d = parameters.n_features;
        const Index size = d * d;
        std::vector<double> volumes =
            constraint.before.empty() ? mean_variances(parameters) : log_volumes_of(constraint.before, d, context);
        if (!constraint.before.empty()) {
            for (double& volume : volumes) volume = std::exp(volume);
        }
        std::vector<double> shape(size);
        bool singular = false;
        take_turns(!constraint.before.empty(), [&] {
            std::fill(shape.begin(), shape.end(), 0.0);
            for (Index k = 0; k < signed_size(volumes); ++k) {
                const double* matrix = matrix_of(parameters, k);
                const double factor = constraint.weights[k] / volumes[k];
                for (Index at = 0; at < size; ++at) shape[at] += factor * matrix[at];
            }
            const double log_volume = log_volumes_of(shape, d, context).front();
            singular = !std::isfinite(log_volume);
            if (singular) return 0.0;
            for (double& number : shape) number *= std::exp(-log_volume);
            return renew(parameters, shape, context, volumes);
        });
        if (singular) return false;
        for (const double volume : volumes) {
            if (!(volume > 0)) return false;
        }
        for (Index at = 0; at < signed_size(parameters.covariances); ++at) {
            parameters.covariances[at] = volumes[at / size] * shape[at % size];
        }
        return true;
    }

    /// The whitening of the first component: that of any other is a multiple.
    SharedAxes shared_axes(const Parameters& parameters, const ScorerNumbers& scorer,
                           const rows::Context& context) const override {
        const Index d = parameters.n_features;
        const double* factor = whitening::factor_of(scorer, 0);
        std::vector<double> root(d * d);
        whitening::invert_factor(factor, d, context.table, root.data());
        SharedAxes result{std::vector<double>(d * d), std::vector<double>(d * d)};
        for (Index i = 0; i < d; ++i) {
            for (Index j = 0; j <= i; ++j) {
                result.matrix[i * d + j] = factor[kernels::packed_factor_index(i, j)];
                result.inverse[j * d + i] = root[i * d + j];
            }
        }
        return result;
    }

private:
    /// lambda_k = tr(S_k C^-1) / d. Returns the largest relative change.
    double renew(Parameters& parameters, const std::vector<double>& shape, const rows::Context& context,
                 std::vector<double>& volumes) const {
        const Index d = parameters.n_features;
        std::vector<double> root(linalg::packed_size(d));
        std::vector<double> factor(kernels::packed_factor_size(d));
        root_of(shape.data(), d, context.table, root.data());
        linalg::invert_transposed(root.data(), d, context.table, factor.data());
        double most = 0;
        for (Index k = 0; k < signed_size(volumes); ++k) {
            const double trace = linalg::trace_of_product(factor.data(), matrix_of(parameters, k), d, context.table,
                                                          context.n_threads, context.poll);
            const double before = std::exchange(volumes[k], trace / static_cast<double>(d));
            most = std::max(most, std::abs(volumes[k] / before - 1));
        }
        return most;
    }

    /// Positive unless a covariance is zero.
    std::vector<double> mean_variances(const Parameters& parameters) const {
        const Index d = parameters.n_features;
        std::vector<double> result;
        for (Index k = 0; k < parameters.n_components; ++k) {
            double sum = 0;
            for (Index j = 0; j < d; ++j) sum += variance(parameters, k, j);
            result.push_back(sum / static_cast<double>(d));
        }
        return result;
    }
};

}  // namespace

const Family& vee() {
    static const Vee family;
    return family;
}

}  // namespace gaussmix::families
