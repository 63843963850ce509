/// What scatters of whole matrices share: a lower triangle, row by row.
#pragma once

#include "scatter/scatter.hpp"

namespace gaussmix::scatter {

class Triangular : public Form {
public:
    using Form::Form;

    bool is_triangular() const noexcept final { return true; }
    Index part_size(Index n_features) const noexcept final;
    Index diagonal_at(Index j) const noexcept final;
    void add_outer(double* part, Index n_features, double factor, const double* step) const noexcept final;
    void add_prior(double* part, const std::vector<double>& gap, double precision, double share,
                   const std::vector<double>& covariance) const noexcept final;
    void add_shift(double* part, Index n_features, double sign, const double* s, const double* c,
                   double weight) const noexcept final;
    std::vector<double> matrix(const double* part, Index n_features) const final;
    double log_determinant(const std::vector<double>& part, const Estimate& estimate, const kernels::Table& table,
                           std::vector<double>& work) const final;
    void add_rows(const Job<double>& job) const final;
    void add_rows(const Job<float>& job) const final;
};

}  // namespace gaussmix::scatter
