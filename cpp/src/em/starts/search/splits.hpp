/// The gain from cutting a component in two.
#pragma once

#include <optional>
#include <vector>

#include "em/starts/search/memberships.hpp"
#include "em/starts/search/parts.hpp"

namespace gaussmix::em {

struct Split {
    double gain;  ///< of log-likelihood per row: a lower bound, as EM's is
    Halves halves;
};

/// Returns how many rows a component needs to be trusted.
Index least_rows(CovarianceType family, Index n_features) noexcept;

/// Returns the best split found for each component, if any. The component's rows, by responsibility, are cut in three
/// ways: across the axis along which they vary most, across the one along which they vary least like a Gaussian, and
/// near ones from far ones. From each cut a mixture of two climbs by EM for a few iterations, and the highest one for
/// some more. `rows`, their `memberships` and `parts` are those of the model behind `scorer`; randomness depends only
/// on `seed` and the component.
std::vector<std::optional<Split>> find_splits(const Parts& parts, const Memberships& memberships,
                                              const rows::Data& rows, const ScorerNumbers& scorer,
                                              const Options& options, const Summary& summary, std::uint64_t seed);

}  // namespace gaussmix::em
