/// The cost of merging two components into one.
#pragma once

#include <vector>

#include "em/starts/search/memberships.hpp"
#include "em/starts/search/parts.hpp"

namespace gaussmix::em {

struct Merge {
    double loss;  ///< of log-likelihood per row: an upper bound, as EM's is a lower one
    Index a;
    Index b;
};

/// Returns the pairs worth considering, least loss first. The loss of a pair is that of the densities (Runnalls 2007,
/// eq. 16), minus the information that responsibilities hold about which of the two a row belongs to. `scorer` is that
/// of the model of the parts and memberships. A component of fewer than `least` rows is not trusted: it is merged
/// before all others.
std::vector<Merge> find_merges(const Parts& parts, const Memberships& memberships, const rows::Data& rows,
                               const ScorerNumbers& scorer, LogDeterminant& log_determinant, Index least);

}  // namespace gaussmix::em
