/// Which groups of a tile's rows each component is computed for, and which components each group.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/table.hpp"
#include "rows/plan.hpp"

namespace gaussmix::estep {

/// Lists of numbers, all with room for `most` of them.
class Lists {
public:
    Lists(Index n_lists, Index most) : most_(most), numbers_(n_lists * most), n_(n_lists) {}

    void clear() { std::fill(n_.begin(), n_.end(), 0); }
    void clear(Index list) { n_[list] = 0; }
    void add(Index list, Index number) { numbers_[list * most_ + n_[list]++] = static_cast<std::int32_t>(number); }

    /// Where the numbers are groups, a list for each component.
    kernels::Groups groups(Index k) const { return {first(k), n_[k]}; }
    kernels::GroupLists lists() { return {numbers_.data(), most_, n_.data()}; }
    /// Where the numbers are components, a list for each group.
    kernels::Components components(Index group) const { return {first(group), n_[group]}; }

private:
    const std::int32_t* first(Index list) const { return numbers_.data() + list * most_; }

    Index most_;
    std::vector<std::int32_t> numbers_;
    std::vector<Index> n_;
};

}  // namespace gaussmix::estep
