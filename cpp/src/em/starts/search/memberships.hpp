/// The components that each row of a sample belongs to: the responsibilities that are not negligible, by row and by
/// component.
#pragma once

#include <vector>

#include "em/pass/pass.hpp"
#include "whitening/scorer.hpp"

namespace gaussmix::em {

/// A row's part in a component.
struct Membership {
    Index component = 0;
    double responsibility = 0;  ///< of the component for the row
    double log_density = 0;     ///< of the row under the component alone, without its weight
};

class Memberships {
public:
    /// Finds the responsibilities under a model that are at least `least`.
    Memberships(const rows::Data& rows, const ScorerNumbers& scorer, double least);

    Index n_rows() const noexcept { return signed_size(starts_) - 1; }
    /// Returns the memberships of a row, in the order of the components: from begin(row) to begin(row + 1).
    const Membership* begin(Index row) const noexcept { return found_.data() + starts_[row]; }

    /// The rows of each component, by responsibility alone.
    std::vector<double> n_members(Index n_components) const;

    /// A row of a component.
    struct Member {
        Index row;
        const Membership* membership;
    };
    /// Returns the rows of each component, in order.
    std::vector<std::vector<Member>> by_component(Index n_components) const;

private:
    std::vector<Membership> found_;
    std::vector<Index> starts_;
};

}  // namespace gaussmix::em
