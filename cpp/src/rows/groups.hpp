/// Which groups of a tile's rows each component is computed for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/table.hpp"
#include "rows/plan.hpp"

namespace gaussmix::rows {

/// For each component some groups of a tile's rows.
class GroupsOfComponents {
public:
    GroupsOfComponents(Index n_components, Index n_groups)
        : n_groups_(n_groups),
          first_(static_cast<std::size_t>(n_components * n_groups)),
          n_(static_cast<std::size_t>(n_components)) {}

    void clear() { std::fill(n_.begin(), n_.end(), 0); }
    void add(Index k, Index row) {
        first_[static_cast<std::size_t>(k * n_groups_ + n_[static_cast<std::size_t>(k)]++)] =
            static_cast<std::int32_t>(row);
    }
    kernels::Groups of(Index k) const { return {first_.data() + k * n_groups_, n_[static_cast<std::size_t>(k)]}; }
    kernels::GroupLists lists() { return {first_.data(), n_groups_, n_.data()}; }

private:
    Index n_groups_;
    std::vector<std::int32_t> first_;
    std::vector<Index> n_;
};

}  // namespace gaussmix::rows
