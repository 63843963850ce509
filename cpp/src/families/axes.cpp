#include "families/axes.hpp"

#include <algorithm>
#include <numeric>

#include "kernels/layout.hpp"
#include "linalg/eigen.hpp"
#include "parallel/team.hpp"

namespace gaussmix::families {
namespace {

/// Rows times a matrix: finds the products of each axis with each row of a symmetric one, (d, d).
void find_products(const double* axes, const double* matrix, Index d, std::vector<double>& result) {
    result.assign(d * d, 0.0);
    parallel::Pace pace;
    for (Index i = 0; i < d; ++i) {
        double* to = result.data() + i * d;
        pace.spend(2 * d * d);
        for (Index l = 0; l < d; ++l) {
            const double factor = axes[i * d + l];
            const double* row = matrix + l * d;
            for (Index j = 0; j < d; ++j) to[j] += factor * row[j];
        }
    }
}

}  // namespace

Spectra spectra(const std::vector<double>& covariances, Index n_features, const rows::Context& context) {
    const Index d = n_features;
    const Index n = static_cast<Index>(covariances.size()) / (d * d);
    Spectra result{std::vector<double>(covariances.size()), std::vector<double>(n * d)};
    constexpr Index together = kernels::components_block;
    const Index n_blocks = (n + together - 1) / together;
    constexpr double sweeps = 8;
    const double flops = sweeps * 6 * static_cast<double>(n_blocks * together * d) * static_cast<double>(d * d);
    const int team = parallel::team(flops, context.n_threads);
    parallel::parallel_for(n_blocks, team, context.poll, [&](Index block, const parallel::Worker&) {
        const Index first = block * together;
        linalg::eigen(covariances.data() + first * d * d, std::min(together, n - first), d, context.table,
                      result.values.data() + first * d, result.axes.data() + first * d * d);
    });
    for (double& value : result.values) value = std::max(value, 0.0);
    return result;
}

std::vector<double> along(const std::vector<double>& axes, const double* matrix, Index n_features) {
    const Index d = n_features;
    std::vector<double> half;
    find_products(axes.data(), matrix, d, half);
    std::vector<double> result(half.size());
    parallel::Pace pace;
    for (Index i = 0; i < d; ++i) {
        pace.spend(d * d);
        for (Index j = 0; j <= i; ++j) {
            const double* row = half.data() + i * d;
            const double entry = std::inner_product(row, row + d, axes.data() + j * d, 0.0);
            result[i * d + j] = result[j * d + i] = entry;
        }
    }
    return result;
}

std::vector<double> variances_along(const std::vector<double>& axes, const std::vector<double>& covariances,
                                    Index n_features) {
    const Index d = n_features;
    std::vector<double> result;
    result.reserve(covariances.size() / d);
    std::vector<double> half;
    for (const double* matrix = covariances.data(); matrix != covariances.data() + covariances.size();
         matrix += d * d) {
        find_products(axes.data(), matrix, d, half);
        for (Index j = 0; j < d; ++j) {
            const double* row = half.data() + j * d;
            result.push_back(std::max(std::inner_product(row, row + d, axes.data() + j * d, 0.0), 0.0));
        }
    }
    return result;
}

void compose(const std::vector<double>& axes, const std::vector<double>& values, Index n_features,
             std::vector<double>& covariances) {
    const Index d = n_features;
    const bool shared = axes.size() < covariances.size();
    std::vector<double> scaled(d * d);
    parallel::Pace pace;
    for (Index k = 0; k < static_cast<Index>(values.size()) / d; ++k) {
        const double* own = axes.data() + (shared ? 0 : k * d * d);
        for (Index j = 0; j < d; ++j) {  // transposed: a row for each feature
            for (Index l = 0; l < d; ++l) {
                scaled[l * d + j] = own[j * d + l] * values[k * d + j];
            }
        }
        double* matrix = covariances.data() + k * d * d;
        std::fill_n(matrix, d * d, 0.0);
        for (Index i = 0; i < d; ++i) {
            pace.spend(d * d);
            for (Index j = 0; j < d; ++j) {
                const double factor = scaled[i * d + j];
                for (Index l = 0; l <= i; ++l) matrix[i * d + l] += factor * own[j * d + l];
            }
            for (Index l = 0; l < i; ++l) matrix[l * d + i] = matrix[i * d + l];
        }
    }
}

}  // namespace gaussmix::families
