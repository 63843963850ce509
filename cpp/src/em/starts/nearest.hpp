/// Finds the nearest of some centres for each row of a sample, again and again as the centres move.
#pragma once

#include <vector>

#include "em/pruning/screening.hpp"
#include "em/starts/sample.hpp"

namespace gaussmix::em {

/// What k-means remembers of the rows from one assignment to the next is the same as in EM: lower bounds on distances
/// (Elkan 2003), and an order in which rows of one cluster lie together.
class NearestCentres {
public:
    /// For a sample, with distances in units of standard deviations that are equal for all features; both must outlive
    /// this.
    NearestCentres(const Sample& sample, Index n_centres, const Summary& units, bool prunes,
                   const rows::Context& context);

    /// Finds, among centres (K, d), the first nearest one of each row, and the weighted squared distance to it, (rows,)
    /// each.
    void find(const std::vector<double>& centres, std::vector<Index>& labels, std::vector<double>& squares);

private:
    rows::Data rows_;
    const Summary& units_;
    Index n_centres_;
    Screening screening_;
};

}  // namespace gaussmix::em
