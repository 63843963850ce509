/// The order in which the rows of a matrix are visited.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

#include "rows/plan.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::rows {

/// The order of visits: position p holds row order[p] of its block of `tuning::sorted_rows` rows; null: row p.
using Order = const std::uint16_t*;

constexpr Index row_at(Order order, Index position) noexcept {
    return order == nullptr ? position : (position & ~(tuning::sorted_rows - 1)) + order[position];
}

/// Sorts positions by their keys, stably, by counting.
template <class Key>
void sort_by(const Key* keys, Index n_keys, std::vector<std::uint16_t>& positions) {
    std::vector<std::uint32_t> start(n_keys + 1);
    for (const std::uint16_t position : positions) ++start[keys[position] + 1U];
    std::partial_sum(start.begin(), start.end(), start.begin());
    const std::vector<std::uint16_t> unsorted = positions;
    for (const std::uint16_t position : unsorted) positions[start[keys[position]]++] = position;
}

}  // namespace gaussmix::rows
