/// The options of a fit.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "gaussmix/export.h"
#include "gaussmix/known.hpp"
#include "gaussmix/noise.hpp"
#include "gaussmix/parameters.hpp"
#include "gaussmix/prior.hpp"

namespace gaussmix {

/// How a fit finds its first parameters if none are given.
enum class Init : std::uint8_t {
    /// k-means on a sample, with splits and merges. With few rows, the best of that and some k-means++ seeds after a
    /// short EM (Biernacki, Celeux and Govaert 2003); with many, EM on a sample first. Then the search that
    /// `Options::effort` asks for.
    kmeans,
    kmeans_plusplus,   ///< greedy k-means++ seeds, each row assigned to the nearest
    random_from_data,  ///< distinct rows as seeds, each row assigned to the nearest
    random,            ///< random responsibilities
};

/// Returns "kmeans", "k-means++", "random_from_data" or "random".
GAUSSMIX_EXPORT std::string_view name(Init init) noexcept;

/// Returns the start of that name. Throws Error(invalid_argument), listing the valid names.
GAUSSMIX_EXPORT Init init_from_name(std::string_view name);

/// Whether a fit skips pairs of a row and a component that are provably negligible.
enum class Pruning : std::uint8_t {
    automatic,  ///< where it pays: results change as they do with the order of the rows
    off,        ///< never: computes every distance, in the order of the rows
};

/// Returns "auto" or "off".
GAUSSMIX_EXPORT std::string_view name(Pruning pruning) noexcept;

/// The choice of that name. Throws Error(invalid_argument), listing the valid names.
GAUSSMIX_EXPORT Pruning pruning_from_name(std::string_view name);

/// How a run raises the likelihood, and how it decides that it has converged.
enum class Acceleration : std::uint8_t {
    automatic,  ///< EM, then quasi-Newton steps in its metric; ends when these can gain less than tol
    off,        ///< EM; ends when the remaining gain, extrapolated as a geometric series, is less than tol
    classic,    ///< EM as in scikit-learn: ends when an iteration gains less than tol; the ridge is added to variances
                ///< without being part of the objective
};

/// Returns "auto", "off" or "classic".
GAUSSMIX_EXPORT std::string_view name(Acceleration acceleration) noexcept;

/// The choice of that name. Throws Error(invalid_argument), listing the valid names.
GAUSSMIX_EXPORT Acceleration acceleration_from_name(std::string_view name);

/// How hard a fit looks for a good start, if none is given and `init` is `Init::kmeans`. The iterations that follow
/// find only the local maximum near their start, one of many. Variational Bayes and fits of more than 512 components do
/// not search.
enum class Effort : std::uint8_t {
    low,     ///< no search
    normal,  ///< on a sample: overfit, merge down, then split and merge; takes a few times as long as the rest of a fit
    high,    ///< from several such starts
};

/// Returns "low", "normal" or "high".
GAUSSMIX_EXPORT std::string_view name(Effort effort) noexcept;

/// Returns the effort of that name. Throws Error(invalid_argument), listing the valid names.
GAUSSMIX_EXPORT Effort effort_from_name(std::string_view name);

/// The options of a fit. All hosts have the same defaults.
struct Options {
    Index n_components = 1;
    CovarianceType covariance_type = CovarianceType::full;
    Init init = Init::kmeans;
    Index n_init = 1;  ///< restarts; the one with the highest log-likelihood is kept, preferably one without collapsed
                       ///< components (`Run::collapsed`)
    Index max_iter = 100;  ///< the most iterations (E-step and M-step) of a run; 0: keeps the start
    /// A run has converged when the mean log-likelihood per row can rise by less than this, as far as `acceleration`
    /// can tell. 0 runs exactly max_iter iterations of EM.
    double tol = 1e-3;
    /// Added to every variance, in squared units of the data; 0 for none. Unset: 1e-6 times the weighted variance of
    /// each feature, so that a fit does not depend on units, or times the variance of a cluster that has less than a
    /// thousandth of it, if the start of `fit` has such a cluster with enough distinct rows; none with a prior.
    std::optional<double> reg_covar;
    /// Maximum a posteriori estimates instead of maximum likelihood.
    std::optional<Prior> prior;
    /// Finds a factorised posterior distribution of all parameters instead of a point estimate: variational Bayes
    /// (Attias 2000; Bishop 2006, section 10.2), with the same passes. Needs a prior, whose degrees of freedom and
    /// covariance are those of a Wishart distribution of each precision matrix (diagonal or spherical if the family
    /// is).
    std::optional<WeightPrior> variational;
    /// Adds a uniform background for rows that belong to no component. Not in variational Bayes.
    std::optional<NoiseOptions> noise = {};
    /// What of the mixture that is given as a start stays as it is. Not in variational Bayes, as `bounds`.
    Fixed fixed = {};
    Bounds bounds = {};  ///< of what is not fixed
    /// Throws Error(degenerate), naming component and remedy, if the fit needed any repair (`Act`).
    bool strict = false;
    std::uint64_t seed = 0;
    Pruning pruning = Pruning::automatic;
    Effort effort = Effort::normal;
    /// For point estimates; variational Bayes always runs as `classic`.
    Acceleration acceleration = Acceleration::automatic;
};

/// One iteration as an observer sees it.
struct Progress {
    Index restart = 0;          ///< counted from 0
    Index iteration = 0;        ///< counted from 1
    double log_likelihood = 0;  ///< weighted mean per row, under the parameters that entered the iteration
    double change = 0;          ///< from the iteration before; NaN in the first
};

/// Called after each iteration, on the thread that called `fit`. If it returns false, the fit stops with
/// Status::interrupted.
using OnIteration = std::function<bool(const Progress&)>;

}  // namespace gaussmix
