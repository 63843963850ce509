/// What distinguishes covariance families: a class with one file each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gaussmix/moments.hpp"
#include "gaussmix/run.hpp"
#include "kernels/table.hpp"
#include "rows/context.hpp"
#include "scatter/scatter.hpp"
#include "whitening/whitening.hpp"

namespace gaussmix::families {

/// sqrt(2 / pi): the distance, in standard deviations, from the mean of a Gaussian to the mean of one of its halves.
inline constexpr double half_mean = 0.79788456080286535588;

/// What an M-step of the covariances reads.
struct MStep {
    const Moments* moments;
    std::vector<double> counts;    ///< (K,): the weight of the rows of each component; zero: without rows, left alone
    std::vector<double> shift;     ///< (K, d): each new mean minus the reference
    std::vector<double> divisors;  ///< (K,): divisors of sums of squares: the counts, plus what a prior adds
    const std::vector<double>* ridge;  ///< (d,): added to the variances
};

/// What a constrained step reads.
struct Constraint {
    const std::vector<double>& weights;  ///< n_k, (K,): of the rows that each covariance stands for
    const std::vector<double>& before;   ///< covariances of the family to start from; empty: none, solve tightly
};

/// Coordinates T x in which the covariances of all components are diagonal.
struct SharedAxes {
    std::vector<double> matrix;   ///< T, (d, d) row by row; empty: there are none
    std::vector<double> inverse;  ///< T^-1, (d, d) column by column
};

/// Calls use(k, count, divisor) for each component that has rows.
template <class Use>
void for_each_live_component(const MStep& step, Use use) {
    for (std::size_t k = 0; k < step.counts.size(); ++k) {
        if (step.counts[k] != 0) use(static_cast<Index>(k), step.counts[k], step.divisors[k]);
    }
}

/// A family states facts, and implements whatever depends on them; no other code depends on which family it is.
class Family {
public:
    Family(CovarianceType covariance_, std::string_view name_, std::string_view code_,
           const whitening::Form& whitening_, const scatter::Form& scatter_) noexcept
        : covariance(covariance_), name(name_), code(code_), whitening(whitening_), scatter(scatter_) {}
    Family(const Family&) = delete;
    Family& operator=(const Family&) = delete;
    virtual ~Family() = default;

    const CovarianceType covariance;
    const std::string_view name;
    /// mclust's: whether volume, shape and orientation are equal (E) or variable (V), or there is none (I).
    const std::string_view code;
    const whitening::Form& whitening;
    const scatter::Form& scatter;

    /// Returns the shape of Parameters::covariances.
    virtual std::vector<Index> shape(Index n_components, Index n_features) const = 0;
    /// Returns the number of free covariance parameters, by the family's code.
    virtual Index count(Index n_components, Index n_features) const noexcept;
    /// Returns whether features may be scaled one by one without changing the fit.
    virtual bool scales_apart() const noexcept { return true; }

    /// Writes a square root R of covariance `k` (0 if it is shared), Sigma_k = R^T R, in the shape that the whitening
    /// has. Returns false if Sigma_k is not positive definite.
    virtual bool root(const Parameters& parameters, Index k, const kernels::Table& table, double* out) const = 0;
    /// The M-step of the covariances, of a family that is not free before it is constrained: each component its own.
    /// They come in as they were before, or as zeros.
    virtual void update(const MStep& step, const rows::Context& context, Parameters& parameters) const = 0;
    /// Returns whether covariances may be any of the whitening's form, independently of each other. Otherwise they come
    /// only from `constrain`: quasi-Newton steps would leave the family, and the posteriors are not Wishart
    /// distributions.
    virtual bool is_free() const noexcept { return true; }
    /// The constrained step: from covariances S_k that components have of their own to those Sigma_k of the family that
    /// minimise sum_k n_k (log |Sigma_k| + tr(Sigma_k^-1 S_k)), or, where this takes iterations, lower it. A component
    /// without rows, n_k = 0, gets a Sigma_k too. Returns false, and leaves the S_k alone, if one of them must be
    /// positive definite but is not.
    virtual bool constrain(const Constraint&, const rows::Context&, Parameters&) const { return true; }
    /// Returns coordinates in which the covariances of such a mixture are diagonal but for rounding, if the family has
    /// them and they are not the features.
    virtual SharedAxes shared_axes(const Parameters&, const ScorerNumbers&, const rows::Context&) const { return {}; }
    /// Returns nested families from whose fits this family, which has many maxima, may reach a higher one than from its
    /// own start.
    virtual std::vector<CovarianceType> footholds() const { return {}; }
    /// Adds `scale * amounts[j]` to the variances of covariance `k`.
    virtual void lift(Parameters& parameters, Index k, double scale, const std::vector<double>& amounts) const = 0;
    /// Brings the variances of covariance `k` in all directions, its eigenvalues, into an interval: of all covariances
    /// that lie in it this one has the highest likelihood where the given one maximises it.
    virtual void bound(Parameters& parameters, Index k, double least, double most) const = 0;
    /// Returns the variance of a feature in component k.
    virtual double variance(const Parameters& parameters, Index k, Index feature) const noexcept = 0;
    /// Adds factor step step^T to one covariance, as far as the family's form has room for it.
    virtual void add_outer(double* to, double factor, const std::vector<double>& step) const noexcept = 0;
    /// Cuts component `from` at its mean along a feature: it and component `to` become its halves, with the halves'
    /// means and covariances.
    virtual void halve(Parameters& parameters, Index from, Index to, Index feature) const = 0;
};

/// Returns the family of that value, or of that name or code, in any case. Throws Error(invalid_argument) if there
/// is none.
const Family& get(CovarianceType covariance);
const Family& get(std::string_view name);

/// Returns all families, in the order of their values.
const std::vector<const Family*>& all();

/// Returns whether every mixture of the inner family is one of the outer: no volume, shape or orientation that is equal
/// in the outer one's components is variable in the inner one's.
bool lies_within(const Family& inner, const Family& outer) noexcept;

/// Adds a family, which must outlive all use, before any other thread asks for families.
void add(const Family& family);

/// Checks everything that `validate` does, except positive definiteness. Returns whether matrices are exactly
/// symmetric.
bool check_values(const Parameters& parameters);
/// Throws Error(invalid_argument) unless a box, if it is known, is one of d features and of the volume, if that is
/// given.
void check_box(const NoiseBox& box, Index d, std::optional<double> log_volume);

/// Returns how errors about covariance k begin.
std::string covariance_in_words(const Parameters& parameters, Index k);

/// Returns the number of doubles in Parameters::covariances.
Index covariances_size(const Family& family, Index n_components, Index n_features);

/// Returns what the weights of the components sum to: 1 without a background, and where they are all zero.
double share_of_components(const Parameters& parameters) noexcept;

/// Returns the weights of the components and, if there is one, of the background.
std::vector<double> weights_of_terms(const Parameters& parameters);

/// Returns component k as a mixture of one component, without a background.
Parameters component(const Parameters& parameters, Index k);

/// The part that each component has of a prior, 1 where its covariance is its own: the free parameters of the
/// covariances over those that they would have then.
double prior_share(const Family& family, Index n_components, Index n_features) noexcept;

/// Returns c in the factor |Sigma_k|^(-c / 2) of the prior density.
double prior_exponent(const Family& family, double degrees_of_freedom, Index n_components, Index n_features) noexcept;

/// Returns the number of distinct covariances: K, or 1 if one is shared.
Index n_covariances(const Family& family, Index n_components) noexcept;

}  // namespace gaussmix::families
