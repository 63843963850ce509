/// Everything that steers a fit.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "gaussmix/export.h"
#include "gaussmix/parameters.hpp"
#include "gaussmix/prior.hpp"

namespace gaussmix {

/// How a fit finds its first parameters when it is not given any.
enum class Init : std::uint8_t {
    /// k-means of a sample, with splits and merges; where rows are few, the best after a short EM of that and some
    /// k-means++ seeds (Biernacki, Celeux and Govaert 2003); where they are many, EM on a sample first. From there on
    /// the search that `Options::effort` asks for
    kmeans,
    kmeans_plusplus,   ///< greedy k-means++ seeds, each row to its nearest
    random_from_data,  ///< distinct rows as seeds, each row to its nearest
    random,            ///< random responsibilities
};

/// "kmeans", "k-means++", "random_from_data", "random".
GAUSSMIX_EXPORT std::string_view name(Init init) noexcept;

/// The start of that name. Throws Error(invalid_argument), listing the valid names.
GAUSSMIX_EXPORT Init init_from_name(std::string_view name);

/// Whether a fit leaves out pairs of a row and a component that it knows to be negligible.
enum class Pruning : std::uint8_t {
    automatic,  ///< where it pays: the results differ by what another order of the rows would change
    off,        ///< never: every distance is computed, in the order of the rows
};

/// "auto", "off".
GAUSSMIX_EXPORT std::string_view name(Pruning pruning) noexcept;

/// The choice of that name. Throws Error(invalid_argument), listing the valid names.
GAUSSMIX_EXPORT Pruning pruning_from_name(std::string_view name);

/// How a run climbs, and when it is at the top.
enum class Acceleration : std::uint8_t {
    automatic,  ///< EM, then quasi-Newton steps in its metric; ends when those have less than tol left to gain
    off,        ///< EM; ends when the gains of its iterations, summed as a geometric series, have less than tol left
    classic,    ///< EM as scikit-learn has it: ends when an iteration gains less than tol, and the ridge is added to
                ///< variances without being part of what is maximised
};

/// "auto", "off", "classic".
GAUSSMIX_EXPORT std::string_view name(Acceleration acceleration) noexcept;

/// The choice of that name. Throws Error(invalid_argument), listing the valid names.
GAUSSMIX_EXPORT Acceleration acceleration_from_name(std::string_view name);

/// How much a fit does to find a good start when it is not given any and `Init::kmeans` makes it: the iterations that
/// follow climb to the top of the hill they start on, and there are many hills.
enum class Effort : std::uint8_t {
    low,     ///< no search
    normal,  ///< on a sample: over-fit, merge down, then split and merge; costs some times what the rest of a fit does
    high,    ///< from several such starts
};

/// "low", "normal", "high".
GAUSSMIX_EXPORT std::string_view name(Effort effort) noexcept;

/// The effort of that name. Throws Error(invalid_argument), listing the valid names.
GAUSSMIX_EXPORT Effort effort_from_name(std::string_view name);

/// The options of a fit. The defaults are the documented ones of every host.
struct Options {
    Index n_components = 1;
    Covariance family = Covariance::full;
    Init init = Init::kmeans;
    Index n_init = 1;      ///< restarts; the one with the highest log-likelihood is kept, of those without a
                           ///< collapsed component (`Run::collapsed`) if there are any
    Index max_iter = 100;  ///< the most iterations (E-step and M-step) of one run; 0: the start itself
    /// A run has converged when less mean log-likelihood a row than this is left to gain, as far as `acceleration` can
    /// tell. 0 runs exactly max_iter iterations of EM.
    double tol = 1e-3;
    /// Added to every variance, in squared units of the data; 0 for none. Unset: 1e-6 times the weighted variance of
    /// each feature, so that a fit does not depend on the units; under a prior none.
    std::optional<double> reg_covar;
    /// Maximum a posteriori estimates instead of maximum likelihood.
    std::optional<Prior> prior;
    /// A posterior distribution of all parameters, factorised, instead of a point: variational Bayes (Attias 2000;
    /// Bishop 2006, section 10.2), by the same passes. Needs a prior, whose degrees of freedom and covariance are those
    /// of a Wishart distribution of each precision matrix, diagonal or spherical where the family is.
    std::optional<WeightPrior> variational;
    /// A fit that had to do any `Act` throws Error(degenerate), naming component and remedy.
    bool strict = false;
    std::uint64_t seed = 0;
    Pruning pruning = Pruning::automatic;
    Effort effort = Effort::normal;
    /// Of a point estimate. In variational Bayes always as `classic`.
    Acceleration acceleration = Acceleration::automatic;
};

/// One iteration as an observer sees it.
struct Progress {
    Index restart = 0;          ///< counted from 0
    Index iteration = 0;        ///< counted from 1
    double log_likelihood = 0;  ///< mean a row (weighted), of the parameters that entered the iteration
    double change = 0;          ///< against the iteration before; NaN in the first
};

/// Called after each iteration, on the thread that called `fit`. Returning false stops: the fit then ends with
/// Status::interrupted.
using OnIteration = std::function<bool(const Progress&)>;

}  // namespace gaussmix
