/// The choice among covariance families and numbers of components, whose fits start from each other's results.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gaussmix/allowed.hpp"
#include "gaussmix/export.h"
#include "gaussmix/model.hpp"
#include "gaussmix/options.hpp"
#include "gaussmix/scoring.hpp"

namespace gaussmix {

/// What is tried, and for how long.
struct SelectOptions {
    std::vector<CovarianceType> covariance_types;  ///< distinct
    std::vector<Index> n_components;               ///< distinct
    /// Of every fit: max_iter, tol, reg_covar, prior, seed, pruning, acceleration, and effort, which here says how many
    /// starts are tried. Others do not matter. A covariance of the prior may have the shape of any family: each family
    /// uses the nearest covariance that it can have.
    Options fit;
    /// Completes only this many fits: those that are best by BIC after a few iterations. Unset: all.
    std::optional<Index> max_fits;
    /// Leaves all cells as they are after this time; the result then depends on the machine.
    std::optional<double> max_seconds;
};

/// Returns the families that make sense for rows of so many features, in mclust's order, by how free orientation, shape
/// and volume are: with one feature only a shared variance and one of each component; without a prior and with no more
/// rows than features, those of variances; else all.
GAUSSMIX_EXPORT std::vector<CovarianceType> sensible_families(Index n_rows, Index n_features, bool has_prior);

/// A family with a number of components, and the best mixture found.
struct Cell {
    CovarianceType covariance_type = CovarianceType::full;
    Index n_components = 1;
    std::optional<Model> model;  ///< empty where none was fitted
    Evidence evidence;           ///< of the model
    std::string why;             ///< why it must not be chosen; empty: it may be
};

/// How far a selection has come.
struct SelectProgress {
    Index n_done = 0;   ///< steps, most of them of one cell
    Index n_steps = 0;  ///< of the stages until now
};

/// Called now and then, on the thread that called `select`. If it returns false, all cells are left as they are.
using OnCells = std::function<bool(const SelectProgress&)>;

/// Fits each family with each number of components, and returns the cells, family by family. They share starts: a few
/// partitions of the rows into each number of clusters, and the best mixtures of one component more or one fewer,
/// merged or split. Each fit then continues from the results of the families nested just within and just around its own
/// if that leads higher. So, without a prior, no cell has a lower likelihood than a cell nested in it with the same
/// number of components, unless either is degenerate. Cells are fitted side by side, each on one thread; the bits are
/// the same for any number of threads. With many rows all of this is done on a sample, and the fits then continue on
/// all rows. `allowed`: what rows may have come from, for each of n_components, as `fit` takes it; empty: every
/// component. Throws Error(invalid_argument) for unusable arguments and for rows whose squares leave the range of
/// doubles, Error(not_finite), and Error(interrupted) as `fit` does.
GAUSSMIX_EXPORT std::vector<Cell> select(const SelectOptions& options, const MatrixView& x,
                                         WeightsView sample_weight = {}, const Execution& execution = {},
                                         const OnCells& on_cells = {}, const std::vector<AllowedView>& allowed = {});

}  // namespace gaussmix
