/// A mixture taken apart: each component as the weight, mean and scatter of its rows, which add up when components are
/// merged and divide when one is split, whatever the family.
#pragma once

#include <array>
#include <vector>

#include "families/family.hpp"
#include "gaussmix/moments.hpp"
#include "gaussmix/options.hpp"
#include "gaussmix/ridge.hpp"
#include "kernels/table.hpp"

namespace gaussmix::em {

/// The rows of one component, by responsibility.
struct Part {
    double weight = 0;
    std::vector<double> mean;     ///< (d,)
    std::vector<double> scatter;  ///< about the mean, in the shape of one component; empty where it is pooled
};

/// Two parts that one component is cut into.
using Halves = std::array<Part, 2>;

class Parts {
public:
    explicit Parts(const Moments& moments);

    Index size() const noexcept { return signed_size(parts_); }
    Index n_features() const noexcept { return n_features_; }
    bool pools() const noexcept { return form_->is_pooled(); }
    double total_weight() const noexcept { return total_weight_; }
    const Part& operator[](Index k) const noexcept { return parts_[k]; }

    /// Both together.
    Part merged(const Part& a, const Part& b) const;

    /// Puts the union of two components in the place of the first; the second is then to be replaced or removed.
    void merge(Index into, Index other);
    /// Puts the halves in the places of a component and of another one, which was merged away.
    void split(Index k, Halves halves, Index free);
    /// Removes the components whose numbers are marked.
    void remove(const std::vector<char>& marked);

    /// What an M-step takes.
    Moments moments() const;

private:
    void add_outer(double factor, const std::vector<double>& step, std::vector<double>& scatter) const;

    const scatter::Form* form_;
    Index n_features_;
    Index n_rows_;
    double total_weight_;
    std::vector<Part> parts_;
    std::vector<double> pooled_;
};

/// Logarithms of determinants of the covariances that an M-step would make of parts; not for a pooled scatter.
class LogDeterminant {
public:
    LogDeterminant(Options options, Ridge ridge, const kernels::Table& table);

    double operator()(const Part& part);

private:
    Options options_;
    Ridge ridge_;
    const kernels::Table& table_;
    const families::Family& family_;
    double prior_covariance_ = 0;
    double prior_divisor_ = 0;
    std::vector<double> work_;
};

}  // namespace gaussmix::em
