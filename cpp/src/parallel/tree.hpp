/// Merges the results of a loop in a fixed binary tree over its indices, in whatever order they arrive.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "parallel/parallel.hpp"

namespace gaussmix::parallel {

/// Call `put` once for each index 0 ... n-1, from any thread; `merge` folds the right neighbour into the left.
/// Neighbours are merged as soon as both exist, so that only O(threads log n) results wait at a time.
template <class T>
class MergeTree {
public:
    using Merge = std::function<void(T& left, T& right)>;

    MergeTree(Index n, Merge merge) : n_(n), merge_(std::move(merge)) {}

    void put(Index position, T value) {
        int level = 0;
        for (Index count = n_; count > 1; count = (count + 1) / 2, position /= 2, ++level) {
            const Index sibling = position ^ 1;
            if (sibling >= count) continue;  // the last one without a sibling moves up alone
            T other;
            if (!take_or_leave(level, position, sibling, value, other)) return;
            if (sibling < position) std::swap(value, other);
            merge_(value, other);
        }
        root_ = std::move(value);
    }

    /// Returns the merged result, once every index was put.
    T& root() { return root_; }

private:
    /// Moves the waiting sibling into `other`, or stores `value` to wait for it and returns false.
    bool take_or_leave(int level, Index position, Index sibling, T& value, T& other) {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto found = waiting_.find({level, sibling});
        if (found == waiting_.end()) {
            waiting_.emplace(std::pair(level, position), std::move(value));
            return false;
        }
        other = std::move(found->second);
        waiting_.erase(found);
        return true;
    }

    const Index n_;
    const Merge merge_;
    std::mutex mutex_;
    std::map<std::pair<int, Index>, T> waiting_;
    T root_{};
};

}  // namespace gaussmix::parallel
