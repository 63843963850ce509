/// The rows of a tile that count for a component, and their groups: those of nonzero responsibility.
#pragma once

#include "kernels/responsibilities.hpp"
#include "kernels/simd.hpp"
#include "kernels/table.hpp"

namespace {

using gaussmix::kernels::Groups;
using gaussmix::kernels::Tile;

/// The starts of the groups of rows to sum over: arbitrary ones, or contiguous ones, which are cheaper.
struct Listed {
    const std::int32_t* first;
    std::int64_t start(std::int64_t g, std::int64_t) const { return first[g]; }
};
struct Consecutive {
    std::int64_t first;
    std::int64_t start(std::int64_t g, std::int64_t size) const { return first + g * size; }
};

/// Groups of rows to sum over, and the responsibility of each row.
template <class T, class Starts>
struct Summands {
    const Tile<T>& tile;
    Starts starts;
    std::int64_t n_groups;
    const T* r;

    std::int64_t start(std::int64_t g) const { return starts.start(g, virtual_width<T>); }
};

/// Calls sum(rows) with the groups of a tile as `Summands`.
template <class T, class Sum>
inline void for_summands(const Tile<T>& tile, Groups groups, const T* r, Sum sum) {
    if (groups.first == nullptr) {
        sum(Summands<T, Consecutive>{tile, {0}, tile.n_rows / virtual_width<T>, r});
    } else {
        sum(Summands<T, Listed>{tile, {groups.first}, groups.n, r});
    }
}

/// Calls use(i) for the start i of each group.
template <class T, class Use>
inline void for_each_group(std::int64_t n_rows, Groups groups, Use use) {
    if (groups.first == nullptr) {
        for (std::int64_t i = 0; i < n_rows; i += virtual_width<T>) use(i);
    } else {
        for (std::int64_t g = 0; g < groups.n; ++g) use(groups.first[g]);
    }
}

/// Returns the rows of a group that count, one bit each.
template <class T>
inline unsigned counting_rows(const T* r) {
    unsigned rows = 0;
    for (int v = 0; v < vectors_per_virtual; ++v) {
        rows |= lanes_of<T>(load(r + v * width<T>) != Vec<T>{}) << (v * width<T>);
    }
    return rows;
}

/// Writes where r is not zero, in order; `index` has room for all rows. Returns how many there are.
template <class T>
inline std::int64_t index_rows(const T* r, std::int64_t n_rows, Groups groups, std::int32_t* index) {
    std::int64_t n = 0;
    for_each_group<T>(n_rows, groups, [&](std::int64_t i) {
        n += store_places<virtual_width<T>>(index + n, static_cast<std::int32_t>(i), counting_rows(r + i));
    });
    return n;
}

template <class T>
struct CountingGroups {
    Groups groups;
    std::int64_t n_rows;  ///< that count
    T sum;                ///< of their responsibilities
};

/// Finds the groups with any row that counts; `first` has room for all.
template <class T>
inline CountingGroups<T> index_groups(const T* r, std::int64_t n_rows, Groups groups, std::int32_t* first) {
    std::int64_t n = 0;
    std::int64_t n_counting = 0;
    Vec<T> sum[vectors_per_virtual] = {};
    for_each_group<T>(n_rows, groups, [&](std::int64_t i) {
        const unsigned rows = counting_rows(r + i);
        first[n] = static_cast<std::int32_t>(i);
        n += rows != 0 ? 1 : 0;
        n_counting += __builtin_popcount(rows);
        for (int v = 0; v < vectors_per_virtual; ++v) sum[v] += load(r + i + v * width<T>);
    });
    return {{first, n}, n_counting, sum_virtual<T>(sum)};
}

template <class T>
std::int64_t count(const T* r, std::int64_t start, std::int64_t n_rows, Components components, std::int64_t stride,
                   gaussmix::kernels::GroupLists lists) noexcept {
    std::int64_t n_counting = 0;
    for (std::int64_t s = 0; s < components.n; ++s) {
        const std::int64_t k = nth(components, s);
        std::int32_t* first = lists.first + k * lists.stride;
        std::int64_t n = lists.n[k];
        for (std::int64_t i = start; i < start + n_rows; i += virtual_width<T>) {
            const unsigned rows = counting_rows(r + k * stride + i);
            first[n] = static_cast<std::int32_t>(i);
            n += rows != 0 ? 1 : 0;
            n_counting += __builtin_popcount(rows);
        }
        lists.n[k] = n;
    }
    return n_counting;
}

}  // namespace
