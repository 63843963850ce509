/// What it would cost to merge two components into one.
#pragma once

#include <vector>

#include "em/starts/search/memberships.hpp"
#include "em/starts/search/parts.hpp"

namespace gaussmix::em {

struct Merge {
    double loss;  ///< of log-likelihood, a row: an upper bound, as EM's is a lower one
    Index a;
    Index b;
};

/// The pairs worth a thought, the least loss first. The loss of a pair is that of the densities (Runnalls 2007, eq. 16,
/// who takes the two for equally likely to be told apart everywhere), less what rows gain that belonged to both.
/// `scorer` is that of the model which the parts and memberships are of. A component of fewer than `least` rows is not
/// believed: it is merged before all others.
std::vector<Merge> find_merges(const Parts& parts, const Memberships& memberships, const rows::Data& rows,
                               const ScorerNumbers& scorer, LogDeterminant& log_determinant, Index least);

}  // namespace gaussmix::em
