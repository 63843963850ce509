/// Partitions of the rows, from which all families of a selection start, as mixtures of a family without constraints.
#pragma once

#include <vector>

#include "em/starts/sample.hpp"
#include "gaussmix/ridge.hpp"

namespace gaussmix::em {

/// Returns the family whose components have a matrix each or, unless `whole`, variances each.
CovarianceType free_family(bool whole);

/// What the partitions into all numbers of clusters share.
class Partitions {
public:
    /// The rows and their summary must outlive this object. `whole`: whether starts need matrices.
    Partitions(const rows::Data& rows, const Summary& summary, Index most_components, bool whole, std::uint64_t seed);

    /// Returns partitions into k clusters, about n of them: by merging rows; by k-means with features in units of their
    /// deviations; by k-means of whitened rows, as correlated features want it; by merging many clusters, each time the
    /// two whose merging costs the least likelihood (Banfield and Raftery 1993); and by k-means++ seeds.
    std::vector<Parameters> into(Index k, Index n) const;

    /// Returns a partition of rows that tell which of k components they may have come from, none of which joins a
    /// cluster that is ruled out for it.
    Parameters restricted(const rows::Data& rows, Index k) const;

    /// Returns the rows that clusters are looked for in.
    const Sample& sample() const noexcept { return sample_; }

    /// Returns the number of distinct rows, or enough of them for any covariance.
    Index n_distinct() const noexcept { return n_distinct_; }

private:
    Parameters nearest(const ScorerNumbers& centres, const rows::Data& rows) const;
    Parameters mixture_of(const Moments& moments, const rows::Context& context) const;
    ScorerNumbers unwhitened(const std::vector<double>& centres, Index k) const;
    void whiten();
    void merge_down(Index most_components, random::Generator& generator);
    void merge_one_by_one(Index most_components, bool whole);

    const rows::Data& rows_;
    const Summary& summary_;
    std::uint64_t seed_;
    CovarianceType family_;
    Ridge ridge_;
    Index n_distinct_ = 0;
    Sample sample_;
    Sample whitened_;                 // empty where starts need variances alone
    Summary of_whitened_;             // its summary
    Parameters together_;             // all rows as one component
    std::vector<Parameters> merged_;  // by number of components; without any where there are too few rows
    std::vector<Parameters> grown_;   // likewise
};

}  // namespace gaussmix::em
