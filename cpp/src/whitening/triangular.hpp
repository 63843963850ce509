/// What whitenings with inverse Cholesky factors share.
#pragma once

#include "whitening/model.hpp"

namespace gaussmix::whitening {

class Triangular : public Form {
public:
    using Form::Form;

    bool is_separable() const noexcept final { return false; }
    Index factor_size(Index n_features) const noexcept final;
    Index diagonal_at(Index j) const noexcept final;
    Index root_size(Index n_features) const noexcept final;
    double invert(const double* root, Index n_features, const kernels::Table& table, double* factor) const final;
    void apply(const double* factor, Index n_features, const double* step, double* out) const noexcept final;
    double squared_length(const double* factor, Index n_features, const double* step) const noexcept final;
    double trace_of_diagonal(const double* factor, Index n_features, const double* v) const noexcept final;
    double trace_of(const double* factor, Index n_features, const std::vector<double>& matrix,
                    const kernels::Table& table, int n_threads, const parallel::Poll& poll) const final;
    bool is_narrow(const double* factor, Index n_features) const noexcept final;
    double kept_scale(const Before& before, const Before& after, Index k, Index n_features, Search search) const final;
    Index work_size(Index n_features, Index most_rows) const noexcept final;
};

}  // namespace gaussmix::whitening
