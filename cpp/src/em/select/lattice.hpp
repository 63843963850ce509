/// How families lie within each other: a lattice, of which a family sees those just within and just around its own.
#pragma once

#include <vector>

#include "gaussmix/parameters.hpp"

namespace gaussmix::em {

/// The families of a selection, by their places in it.
struct Lattice {
    explicit Lattice(const std::vector<Covariance>& families);

    std::vector<std::vector<Index>> within;  ///< of each family, those just within it
    std::vector<std::vector<Index>> around;  ///< of each family, those that it is just within
    /// The families by the longest way up to them: those of one level are not within each other.
    std::vector<std::vector<Index>> levels;
};

}  // namespace gaussmix::em
