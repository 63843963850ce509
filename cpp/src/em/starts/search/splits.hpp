/// What could be gained by cutting a component in two.
#pragma once

#include <optional>
#include <vector>

#include "em/starts/search/memberships.hpp"
#include "em/starts/search/parts.hpp"

namespace gaussmix::em {

struct Split {
    double gain;  ///< of log-likelihood, a row: a lower bound, as EM's is
    Halves halves;
};

/// The rows that a component needs to be believed.
Index least_rows(Covariance family, Index n_features) noexcept;

/// The best split found of each component, if any. Its rows, by responsibility, are cut in three ways: across the axis
/// along which they vary most, across that along which they vary least like a Gaussian, and near ones from far ones.
/// From each cut a mixture of two climbs by EM for a few iterations, and the highest for some more. `rows`, their
/// `memberships` and `parts` are those of the model behind `scorer`; chance depends on `seed` and the component alone.
std::vector<std::optional<Split>> find_splits(const Parts& parts, const Memberships& memberships,
                                              const rows::Data& rows, const ScorerNumbers& scorer,
                                              const Options& options, const Summary& summary, std::uint64_t seed);

}  // namespace gaussmix::em
