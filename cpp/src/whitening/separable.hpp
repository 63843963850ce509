/// What whitenings without correlations share: an inverse standard deviation for each feature, or one for all.
#pragma once

#include <algorithm>
#include <limits>

#include "linalg/log_product.hpp"
#include "tuning/tuning.hpp"
#include "whitening/model.hpp"

namespace gaussmix::whitening {

class Separable : public Form {
public:
    using Form::Form;

    bool is_separable() const noexcept final { return true; }
    double most_kept(Index n_components, Index n_features) const noexcept final {
        if (n_components < 16) return 0;
        if (n_features < 8) return n_components < tuning::many_components ? 0 : tuning::most_kept_of_many;
        return n_features < 32 ? 0.15 : 0.25;
    }
    Index root_size(Index n_features) const noexcept final { return n_features; }
    double flops_of_row(Index n_components, Index n_features) const noexcept final {
        return static_cast<double>(n_components) * (10 + static_cast<double>(n_features));
    }

    double invert(const double* root, Index n_features, const kernels::Table&, double* factor) const final {
        linalg::LogProduct determinant;
        for (Index j = 0; j < n_features; ++j) determinant.multiply(root[j]);
        for (Index j = 0; j < factor_size(n_features); ++j) factor[j] = 1 / root[j];
        return determinant.value();
    }
    void apply(const double* factor, Index n_features, const double* step, double* out) const noexcept final {
        for (Index j = 0; j < n_features; ++j) out[j] = factor[diagonal_at(j)] * step[j];
    }
    double squared_length(const double* factor, Index n_features, const double* step) const noexcept final {
        double square = 0;
        for (Index j = 0; j < n_features; ++j) {
            const double y = factor[diagonal_at(j)] * step[j];
            square += y * y;
        }
        return square;
    }
    double trace_of_diagonal(const double* factor, Index n_features, const double* v) const noexcept final {
        double trace = 0;
        for (Index j = 0; j < n_features; ++j) {
            const double scale = factor[diagonal_at(j)];
            trace += scale * scale * v[j];
        }
        return trace;
    }
    double trace_of(const double* factor, Index, const std::vector<double>& matrix, const kernels::Table&, int,
                    const parallel::Poll&) const final {
        double trace = 0;
        for (std::size_t j = 0; j < matrix.size(); ++j) trace += factor[j] * factor[j] * matrix[j];
        return trace;
    }
    bool is_narrow(const double* factor, Index n_features) const noexcept final {
        return std::all_of(factor, factor + factor_size(n_features),
                           [](double scale) { return scale == 0 || (scale <= 1e12 && scale >= 1e-12); });
    }
    double kept_scale(const Before& before, const Before& after, Index k, Index n_features, Search) const final {
        const Index size = factor_size(n_features);
        double scale = std::numeric_limits<double>::infinity();
        for (Index j = k * size; j < (k + 1) * size; ++j) {
            const double from = before.factors[j];
            const double to = after.factors[j];
            if (from != 0 || to != 0) scale = std::min(scale, to / from);
        }
        return scale < std::numeric_limits<double>::infinity() ? scale : 0;
    }
};

}  // namespace gaussmix::whitening
