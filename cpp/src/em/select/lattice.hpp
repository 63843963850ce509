/// How families are nested: a lattice, in which each family knows those just within it and just around it.
#pragma once

#include <vector>

#include "gaussmix/parameters.hpp"

namespace gaussmix::em {

/// The families of a selection, by their places in it.
struct Lattice {
    explicit Lattice(const std::vector<CovarianceType>& families);

    std::vector<std::vector<Index>> within;  ///< of each family, those just within it
    std::vector<std::vector<Index>> around;  ///< of each family, those that it is just within
    /// The families by the length of the longest chain of families within them: those of one level are not nested.
    std::vector<std::vector<Index>> levels;
};

}  // namespace gaussmix::em
