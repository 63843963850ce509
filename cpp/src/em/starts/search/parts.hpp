/// A mixture in parts: the weight, mean and scatter of each component's rows, which add up when components are merged
/// and divide when one is split, in any family.
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
    std::vector<double> scatter;  ///< about the mean, in the shape of one component; empty if pooled
};

/// The two parts that a component is cut into.
using Halves = std::array<Part, 2>;

class Parts {
public:
    explicit Parts(const Moments& moments);

    Index size() const noexcept { return signed_size(parts_); }
    Index n_features() const noexcept { return n_features_; }
    bool pools() const noexcept { return form_->is_pooled(); }
    double total_weight() const noexcept { return total_weight_; }
    const Part& operator[](Index k) const noexcept { return parts_[k]; }

    /// Returns the union of two components.
    Part merged(const Part& a, const Part& b) const;

    /// Replaces the first of two components by their union; the second must then be replaced or removed.
    void merge(Index into, Index other);
    /// Puts the halves in the place of a component and of another one, which was merged away.
    void split(Index k, Halves halves, Index free);
    /// Adds a part without rows, to be replaced by a half. Returns its place.
    Index append();
    /// Removes the marked components.
    void remove(const std::vector<char>& marked);

    /// Returns the moments for an M-step.
    Moments moments() const;

private:
    void add_outer(double factor, const std::vector<double>& step, std::vector<double>& scatter) const;

    const scatter::Form* form_;
    Index n_features_;
    Index n_rows_;
    double total_weight_;
    std::vector<double> background_;  // its weight, if there is one
    std::vector<Part> parts_;
    std::vector<double> pooled_;
};

/// Logarithms of determinants of the covariances that an M-step would compute from parts; not for a pooled scatter.
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
