/// Which features each row has, where NaN stands for missing values: rows that have the same ones are of one pattern,
/// and are visited together.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gaussmix/matrix_view.hpp"
#include "rows/context.hpp"

namespace gaussmix::rows {

/// The patterns of a matrix and the order of its rows by pattern. Patterns with fewer features come first, otherwise
/// those of earlier rows: the order depends on the matrix alone.
class Patterns {
public:
    /// Reads the matrix. Throws NotFinite for infinity.
    Patterns(const MatrixView& x, const Context& context);

    Index size() const noexcept { return signed_size(begins_) - 1; }
    /// Returns whether no value is missing.
    bool complete() const noexcept;

    /// Returns whether rows of a pattern have a feature.
    bool has(Index pattern, Index feature) const noexcept {
        return (words_[pattern * n_words_ + feature / 64] >> (feature % 64) & 1U) != 0;
    }
    /// Returns the features that rows of a pattern have, in order.
    std::vector<Index> features(Index pattern) const;
    Index n_features() const noexcept { return n_features_; }

    /// Returns the row at a position of the order.
    Index row(Index position) const noexcept { return order_[position]; }
    /// Calls use(pattern, begin, end) for the part of each pattern among positions [first, last).
    template <class Use>
    void for_each_part(Index first, Index last, Use use) const {
        auto next = std::upper_bound(begins_.begin(), begins_.end(), first);
        while (first < last) {
            const Index end = std::min(*next, last);
            use(next - begins_.begin() - 1, first, end);
            first = end;
            ++next;
        }
    }

private:
    Index n_features_;
    Index n_words_;
    std::vector<std::uint64_t> words_;  // (n_patterns, n_words): a bit for each feature
    std::vector<Index> begins_;         // (n_patterns + 1,): positions
    std::vector<Index> order_;          // (n_rows,)
};

}  // namespace gaussmix::rows
