/// A few rows that represent all, to find a start on: a lightweight coreset (Bachem, Lucic and Krause 2018). Half of a
/// row's probability is by weight and half by squared distance from the mean, so that small clusters far away are seen
/// too; the weights of the rows drawn compensate for that. A row of weight 2 equals the same row twice here, so the
/// number of rows is that of the distinct ones.
#pragma once

#include <algorithm>

#include "em/pass/pass.hpp"
#include "gaussmix/pieces.hpp"
#include "random/random.hpp"

namespace gaussmix::em {

/// Returns how many rows show where clusters lie: a hundred each, whatever the number of features. Fewer than 2000
/// would save no time that matters.
constexpr Index rows_for_clusters(Index n_clusters) { return std::max<Index>(100 * n_clusters, 2000); }

/// Work on a sample of more than a fourth of the rows would save little.
constexpr Index least_saving = 4;

/// The public sample, with what starts do with it.
struct Sample : gaussmix::Sample {
    Index n_rows() const noexcept { return signed_size(weights); }
    const double* row(Index i) const noexcept { return values.data() + i * n_features; }
    rows::Data rows(const rows::Context& context) const noexcept {
        return {row_major(values.data(), n_rows(), n_features), {weights.data(), n_rows()}, context};
    }
    /// Returns every n-th row, for the largest n that leaves at least `size` rows.
    Sample thinned(Index size) const;
};

class Sampler {
public:
    /// Looks for distinct rows until it has found `most`; sizes requested later are at most half of that.
    Sampler(const rows::Data& rows, const Summary& summary, Index most);

    /// Returns the number of distinct rows of positive weight; `most` if there are at least that many.
    Index n_distinct() const noexcept { return signed_size(firsts_); }

    /// Returns `size` rows, one from each of `size` equal shares of the probabilities; all distinct rows, in an order
    /// that does not depend on that of the rows, if these are less than twice as many. Weights sum to that of all rows,
    /// so that a prior counts for as much.
    Sample draw(Index size, random::Generator& generator);

private:
    double weight(Index row) const noexcept { return rows_.weights ? rows_.weights.data[row] : 1.0; }
    Sample all_distinct() const;

    rows::Data rows_;
    const Summary& summary_;
    std::vector<Index> firsts_;    // the first place of each distinct row
    std::vector<double> weights_;  // of each distinct row, all equal ones together
    std::vector<double> chances_;  // of every row, once needed
};

/// Lets the weights of a sample sum to that of all rows, unless it is all rows.
void scale_weights(Sample& sample, const Summary& all, Index size);

/// Draws such a sample, with the probabilities of all rows, from rows that come in pieces.
class PieceSampler {
public:
    /// `summary` is that of all rows. If there are at most `size`, the sample is all rows that have weight; else it has
    /// about `size`.
    PieceSampler(const Summary& summary, Index size, random::Generator& generator);

    /// Call it once for each piece, in order.
    void visit(const rows::Data& rows);
    /// Returns the sample of the pieces so far. Its weights sum to those of all rows only after `scale_weights`.
    Sample sample() && { return std::move(sample_); }

private:
    const Summary& summary_;
    bool whole_;
    double share_;  // of the sum of all probabilities, for each row drawn
    random::Generator& generator_;
    double next_;
    double passed_ = 0;
    Sample sample_;
};

}  // namespace gaussmix::em
