/// Of each row of a sample the nearest of some centres, again and again as the centres move.
#pragma once

#include <vector>

#include "em/pruning/screening.hpp"
#include "em/starts/sample.hpp"

namespace gaussmix::em {

/// What k-means remembers of the rows from one assignment to the next is what EM does: lower bounds on distances (Elkan
/// 2003), and an order in which rows of one cluster lie together.
class NearestCentres {
public:
    /// Of a sample, by distances in units of standard deviations that are alike; both must outlive this.
    /// Every pair is computed where `prunes` is false or it cannot pay.
    NearestCentres(const Sample& sample, Index n_centres, const Summary& units, bool prunes,
                   const rows::Context& context);

    /// Of centres (K, d), the first of equally near ones: its number and the weighted squared distance, (rows,) each.
    void find(const std::vector<double>& centres, std::vector<Index>& labels, std::vector<double>& squares);

private:
    rows::Data rows_;
    const Summary& units_;
    Index n_centres_;
    Screening screening_;
};

}  // namespace gaussmix::em
