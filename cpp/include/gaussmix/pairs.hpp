/// How much of the work of a pass was skipped.
#pragma once

namespace gaussmix {

/// The shares of the n_rows * n_components pairs of a row and a component that a pass computed and kept.
struct PairShare {
    double evaluated = 1;  ///< distances that were computed; the others were known to be too large to count
    double kept = 1;       ///< responsibilities that are not negligible; 1 where they were not counted
};

}  // namespace gaussmix
