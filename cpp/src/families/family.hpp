/// What tells one covariance family from another: a row of verbs, filled in by one file each.
#pragma once

#include <vector>

#include "gaussmix/moments.hpp"
#include "gaussmix/run.hpp"
#include "kernels/table.hpp"
#include "rows/density.hpp"

namespace gaussmix::families {

struct Family {
    Covariance covariance;
    std::string_view name;
    Whitening whitening;
    Scatter scatter;

    /// The shape of Parameters::covariances.
    std::vector<Index> (*shape)(Index n_components, Index n_features);
    /// The number of free parameters in them.
    Index (*count)(Index n_components, Index n_features) noexcept;

    /// A square root R of covariance `k` (0 where it is shared), Sigma_k = R^T R: a packed upper triangle, or d
    /// standard deviations where the whitening is separable. False when Sigma_k is not positive definite.
    bool (*root)(const Parameters& parameters, Index k, const kernels::Table& table, double* out) noexcept;

    /// The M-step of the covariances, ridge included. shift[k, j] = first / weight: how far each new mean lies from
    /// the reference. Components of weight zero are left at zero.
    void (*update)(const Moments& moments, const std::vector<double>& shift, const std::vector<double>& ridge,
                   Parameters& parameters);

    /// Adds `scale * amounts[j]` to the variances of covariance `k`.
    void (*lift)(Parameters& parameters, Index k, double scale, const std::vector<double>& amounts);
};

extern const Family full;
extern const Family tied;
extern const Family diag;
extern const Family spherical;

/// The row of a family.
const Family& get(Covariance covariance) noexcept;

/// All that `validate` checks but positive definiteness.
void check(const Parameters& parameters);

/// The number of doubles in Parameters::covariances.
Index covariances_size(const Family& family, Index n_components, Index n_features);

/// The number of distinct covariances: K, or 1 where one is shared.
Index n_covariances(const Family& family, Index n_components) noexcept;

}  // namespace gaussmix::families
