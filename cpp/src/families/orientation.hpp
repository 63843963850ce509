/// The orientation that all components share (EVE, VVE): the D that maximises the likelihood where volumes and shapes
/// are the best for it. The objective to be minimised is then, with b_kj = (D^T S_k D)_jj,
///     sum_k n_k sum_j log b_kj            if each component has its own volume (Flury and Gautschi 1986),
///     n d log sum_k n_k (prod_j b_kj)^(1/d)   if all have one.
/// Both are concave in the b_kj, so that their tangent lies above them (Browne and McNicholas 2014): of two axes it is
/// p cos 2t + q sin 2t in the angle t of a rotation, whose minimum is known, and no rotation raises the objective.
#pragma once

#include <vector>

#include "families/family.hpp"

namespace gaussmix::families {

enum class Volume { equal, variable };

/// Returns the axes, (d, d), each a row: after a few rotations of each pair from the axes of the previous covariances
/// or, without these, the best found from several starts. Covariances must be positive definite.
std::vector<double> common_axes(Volume volume, const Constraint& constraint, const std::vector<double>& covariances,
                                Index n_features, const rows::Context& context);

/// Returns the axes of covariances that have the same ones, (d, d), each a row.
std::vector<double> axes_of(const std::vector<double>& covariances, Index n_features, const rows::Context& context);

}  // namespace gaussmix::families
