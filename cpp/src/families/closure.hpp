/// Which mixtures stay in their family when their features are dropped, scaled or mixed.
#pragma once

#include "families/family.hpp"

namespace gaussmix::families {

/// A linear map of the features, A of A x, as far as it decides about families. One without any of these exchanges
/// features, turns signs and changes the unit of all alike.
struct Change {
    bool drops = false;   ///< there are fewer features than before
    bool uneven = false;  ///< they are scaled by different factors
    bool mixes = false;   ///< a new feature depends on several old ones
};

/// Returns whether every mixture of the family is one of the same family after a change. Conditional covariances are
/// inverses of parts of precisions, which the same constraints hold for: they change as if features were dropped.
bool keeps(const Family& family, Change change) noexcept;

/// The family of any matrices, each component its own.
CovarianceType of_any_matrices();

/// Returns the family if it keeps the change, else that of any matrices.
CovarianceType after(CovarianceType family, Change change);

/// Returns the family of a mixture of mixtures of one family, or of its components merged: the same if its covariances
/// are free and have the form that theirs have; else that of any matrices.
CovarianceType joined(CovarianceType family, bool mixes);

}  // namespace gaussmix::families
