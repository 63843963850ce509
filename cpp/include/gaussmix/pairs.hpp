/// How much of the work of a pass was skipped.
#pragma once

namespace gaussmix {

/// What a pass did with the n_rows * n_components pairs of a row and a component, as shares of all pairs.
struct PairShare {
    double evaluated = 1;  ///< distances that were computed; the others were known to be too large to count
    double kept = 1;       ///< responsibilities that are not negligible; 1 where they were not counted
};

}  // namespace gaussmix
