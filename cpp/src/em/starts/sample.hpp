/// A few rows that stand for all, to find a start on: a lightweight coreset (Bachem, Lucic and Krause 2018). Half of
/// the chance of a row goes by its weight and half by its squared distance from the mean, so that small clusters far
/// away are seen too; the weights of the rows drawn make up for that. A row of weight 2 is the same row twice here: how
/// many rows there are is asked of the distinct ones.
#pragma once

#include "em/pass/pass.hpp"
#include "random/random.hpp"

namespace gaussmix::em {

/// Copies of rows, each of positive weight.
struct Sample {
    Index n_features = 0;
    std::vector<double> values;  ///< (rows, d)
    std::vector<double> weights;

    Index n_rows() const noexcept { return signed_size(weights); }
    const double* row(Index i) const noexcept { return values.data() + i * n_features; }
    rows::Data rows(const rows::Context& context) const noexcept {
        return {row_major(values.data(), n_rows(), n_features), {weights.data(), n_rows()}, context};
    }
    /// Every so-manieth row, at least `size` of them where there are as many.
    Sample thinned(Index size) const;
};

class Sampler {
public:
    /// Looks for distinct rows until it has found `most`; sizes asked for later are at most half of that.
    Sampler(const rows::Data& rows, const Summary& summary, Index most);

    /// Distinct rows of positive weight; `most` where there are as many or more.
    Index n_distinct() const noexcept { return signed_size(firsts_); }

    /// `size` rows, one from each of as many equal shares of the chances; all distinct ones where these are less than
    /// twice as many, in an order that does not depend on that of the rows.
    /// Weights sum to that of all rows, so that a prior counts for as much.
    Sample draw(Index size, random::Generator& generator);

private:
    double weight(Index row) const noexcept { return rows_.weights ? rows_.weights.data[row] : 1.0; }
    Sample all_distinct() const;

    rows::Data rows_;
    const Summary& summary_;
    std::vector<Index> firsts_;    // where each distinct row stands first
    std::vector<double> weights_;  // of each, all equal rows together
    std::vector<double> chances_;  // of every row, once they are asked for
};

/// Draws such a sample, with the chances that all rows have, from rows that come in pieces.
class PieceSampler {
public:
    /// `summary` is of all rows. Where they are no more than `size`, the sample is all of them that have weight; else
    /// it has about as many.
    PieceSampler(const Summary& summary, Index size, random::Generator& generator);

    /// Each piece once, in order.
    void visit(const rows::Data& rows);
    Sample sample() &&;

private:
    const Summary& summary_;
    bool whole_;
    double share_;  // of the chances of all rows, for each row drawn
    random::Generator& generator_;
    double next_;
    double passed_ = 0;
    Sample sample_;
};

}  // namespace gaussmix::em
