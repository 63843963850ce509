/// Orders of points in which those that are near each other lie mostly near each other: the leaves of a k-d tree
/// (Bentley 1975), from left to right.
#pragma once

#include <cstdint>
#include <vector>

#include "rows/data.hpp"

namespace gaussmix::em {

/// Returns what features are multiplied with, (d,), so that they count alike: the inverse of their standard deviations
/// in a sample of the rows, zero for features without spread.
std::vector<float> units_in_space(const rows::Data& rows);

/// Returns an order of the rows [first, first + n), n <= 65536, as positions from 0 on. Each part of a split has a
/// multiple of `leaf` rows, except the last; parts of at most that many are not split.
std::vector<std::uint16_t> order_in_space(const rows::Data& rows, Index first, Index n, const std::vector<float>& units,
                                          Index leaf);

/// Returns the place of each of n means, (n, d), in such an order.
std::vector<std::uint16_t> ranks_in_space(const std::vector<double>& means, Index n, const std::vector<float>& units);

}  // namespace gaussmix::em
