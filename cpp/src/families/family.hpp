/// What tells one covariance family from another: a row of verbs, filled in by one file each.
#pragma once

#include <vector>

#include "gaussmix/moments.hpp"
#include "gaussmix/run.hpp"
#include "kernels/table.hpp"
#include "rows/density.hpp"

namespace gaussmix::families {

/// sqrt(2 / pi): how many standard deviations from its mean the mean of half a Gaussian lies.
inline constexpr double half_mean = 0.79788456080286535588;

/// What an M-step of the covariances reads.
struct MStep {
    const Moments* moments;
    std::vector<double> counts;    ///< (K,): the weight of the rows of each component; zero: without rows, left alone
    std::vector<double> shift;     ///< (K, d): how far each new mean lies from the reference
    std::vector<double> divisors;  ///< (K,): what sums of squares are divided by: the counts, unless a prior says more
    const std::vector<double>* ridge;  ///< (d,): added to the variances
};

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
    bool (*root)(const Parameters& parameters, Index k, const kernels::Table& table, double* out);

    /// The M-step of the covariances.
    void (*update)(const MStep& step, Parameters& parameters);

    /// Adds `scale * amounts[j]` to the variances of covariance `k`.
    void (*lift)(Parameters& parameters, Index k, double scale, const std::vector<double>& amounts);

    /// The variance of a feature in component k.
    double (*variance)(const Parameters& parameters, Index k, Index feature) noexcept;

    /// Cuts component `from` at its mean along a feature: it and component `to` become its halves, with the halves'
    /// means and covariances.
    void (*halve)(Parameters& parameters, Index from, Index to, Index feature);
};

extern const Family full;
extern const Family tied;
extern const Family diag;
extern const Family spherical;

/// The row of a family.
const Family& get(Covariance covariance);

/// All that `validate` checks but positive definiteness. Whether matrices are symmetric to the last bit.
bool check(const Parameters& parameters);

/// How errors begin that are about a covariance.
std::string covariance_in_words(const Parameters& parameters, Index k);

/// The number of doubles in Parameters::covariances.
Index covariances_size(const Family& family, Index n_components, Index n_features);

/// The number of doubles of one square root, as `Family::root` has it.
Index root_size(const Family& family, Index n_features) noexcept;

/// Component k alone, as a mixture of one.
Parameters component(const Parameters& parameters, Index k);

/// The number of distinct covariances: K, or 1 where one is shared.
Index n_covariances(const Family& family, Index n_components) noexcept;

}  // namespace gaussmix::families
