/// The order in which the rows of a matrix are visited.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "rows/plan.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::rows {

/// The order of visits: position p holds row `of[p]` of its block of so many rows, a power of two; null: row p.
class Order {
public:
    constexpr Order(const std::uint16_t* of = nullptr, Index block = tuning::sorted_rows) noexcept
        : of_(of), block_(block) {}

    constexpr bool operator==(std::nullptr_t) const noexcept { return of_ == nullptr; }
    constexpr bool operator!=(std::nullptr_t) const noexcept { return of_ != nullptr; }

    constexpr Index row_at(Index position) const noexcept {
        return of_ == nullptr ? position : (position & ~(block_ - 1)) + of_[position];
    }

private:
    const std::uint16_t* of_;
    Index block_;
};

constexpr Index row_at(Order order, Index position) noexcept { return order.row_at(position); }

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
