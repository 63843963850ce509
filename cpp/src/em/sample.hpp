/// A few rows that stand for all, to find a start on: a lightweight coreset (Bachem, Lucic and Krause 2018). Half of
/// the chance of a row goes by its weight and half by its squared distance from the mean, so that small clusters far
/// away are seen too; the weights of the rows drawn make up for that.
#pragma once

#include "em/pass.hpp"
#include "random/random.hpp"

namespace gaussmix::em {

/// Copies of rows, each of positive weight.
struct Sample {
    Index n_features = 0;
    std::vector<double> values;  ///< (rows, d)
    std::vector<double> weights;

    Index n_rows() const noexcept { return static_cast<Index>(weights.size()); }
    const double* row(Index i) const noexcept { return values.data() + i * n_features; }
    Rows rows(const rows::Context& context) const noexcept {
        return {row_major(values.data(), n_rows(), n_features), {weights.data(), n_rows()}, context};
    }
    /// Every so-manieth row, at least `size` of them where there are as many.
    Sample thinned(Index size) const;
};

class Sampler {
public:
    Sampler(const Rows& rows, const Summary& summary);

    /// Rows of positive weight.
    Index n_counting() const noexcept { return n_counting_; }

    /// `size` rows, one from each of as many equal shares of the chances; all that count where that is less than twice
    /// as many. Their weights sum to that of all rows, so that a prior counts for as much.
    Sample draw(Index size, random::Generator& generator) const;

private:
    double weight(Index row) const noexcept { return rows_.weights ? rows_.weights.data[row] : 1.0; }

    Rows rows_;
    Index n_counting_ = 0;
    double total_weight_ = 0;
    std::vector<double> chances_;
};

}  // namespace gaussmix::em
