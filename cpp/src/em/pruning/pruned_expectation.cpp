#include "em/pruning/pruned_expectation.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "em/pruning/pruned_densities.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::em {
namespace {

/// Returns how far below a row's best component each component may be and still count.
template <class T>
std::vector<T> allowances(const whitening::Model<T>& model) {
    std::vector<T> result = model.floor;
    for (T& value : result) value = -value;
    return result;
}

template <class T>
class PrunedExpectation final : public estep::Expectation<T> {
public:
    PrunedExpectation(const whitening::Model<T>& model, Index tile_rows, const kernels::Table& table,
                      Screening& screening, bool anew)
        : model_(model),
          kernels_(table.kernels<T>()),
          screening_(screening),
          probes_(screening.use() == Screening::Use::probe),
          records_(!probes_ && (anew || screening.use() == Screening::Use::record)),
          group_(screening.group()),
          tile_rows_(tile_rows),
          densities_(model, allowances(model), tile_rows, table, screening, estep::Keeps::squares),
          counting_(model.scorer->n_components, tile_rows / kernels::group_rows<T>) {}

    void find(const rows::TileBuffer<T>& rows, Index first, Index n, const estep::Findings<T>& out) override {
        counts_ = !probes_ || first / tile_rows_ % tuning::probed_tiles == 0;
        counting_.clear();
        n_kept_ = 0;
        if (probes_ || records_) {
            of_all(rows, first, n, out.values, out.sums);
        } else {
            of_some(rows, first, n, out.values, out.sums);
        }
        if (counts_) screening_.count(densities_.n_evaluated(n), n_kept_);
    }

    double base() const noexcept override { return model_.base; }
    const T* squares(Index k) const noexcept override { return densities_.squares(k); }

    kernels::Groups groups(Index k) const noexcept override {
        return counts_ ? counting_.groups(k) : kernels::Groups{};
    }

private:
    /// A background has the same log density everywhere. No bound rules it out, and none is relative to it: a pair that
    /// is negligible beside a row's best component is so beside the whole density.
    void fill_background(const rows::TileBuffer<T>& rows, T* r) const {
        for (Index k = n_components(); k < model_.scorer->n_terms(); ++k) {
            std::fill_n(r + k * rows.stride(), rows.tile().n_rows, model_.constant(k));
        }
    }

    /// Returns some components with the background, if there is one.
    kernels::Components with_background(kernels::Components components) {
        if (!model_.scorer->has_background()) return components;
        terms_.assign(components.index, components.index + components.n);
        terms_.push_back(static_cast<std::int32_t>(n_components()));
        return {terms_.data(), signed_size(terms_)};
    }

    void of_all(const rows::TileBuffer<T>& rows, Index first, Index n, T* r, kernels::LogSums<T> lse) {
        densities_.compute_all(rows, first, n, r, records_);
        fill_background(rows, r);
        const Index n_groups = densities_.n_groups(n);
        const bool labels = records_ || screening_.labels_probes();
        for (Index g = 0; labels && g < n_groups; ++g) label(rows, first, g, r);
        kernels_.responsibilities(r, rows.tile().n_rows, {nullptr, model_.scorer->n_terms()}, rows.stride(),
                                  model_.floor.data(), rows.weights(), lse);
        for (Index g = 0; counts_ && g < n_groups; ++g) count(rows, g, r);
    }

    void of_some(const rows::TileBuffer<T>& rows, Index first, Index n, T* r, kernels::LogSums<T> lse) {
        densities_.compute_some(rows, first, n, r);
        fill_background(rows, r);
        const Index n_groups = densities_.n_groups(n);
        for (Index g = 0; g < n_groups; ++g) {
            const Index at = g * group_;
            label(rows, first, g, r);
            kernels_.responsibilities(r + at, group_, with_background(densities_.of(g)), rows.stride(),
                                      model_.floor.data(), rows.weights() + at, lse.from(at));
            count(rows, g, r);
        }
        const Index n_padding = rows.tile().n_rows - n_groups * group_;
        std::fill_n(lse.best + n_groups * group_, n_padding, T(0));
        std::fill_n(lse.sum + n_groups * group_, n_padding, T(1));
    }

    void label(const rows::TileBuffer<T>& rows, Index first, Index g, const T* r) {
        const Index at = g * group_;
        const T typical = static_cast<T>(model_.scorer->n_features) / 2;
        kernels_.label(r + at, group_, densities_.of(g), rows.stride(), densities_.constants(), densities_.allowances(),
                       typical, screening_.labels(first + at));
    }

    void count(const rows::TileBuffer<T>& rows, Index g, const T* r) {
        n_kept_ += kernels_.count(r, g * group_, group_, densities_.of(g), rows.stride(), counting_.lists());
    }

    Index n_components() const noexcept { return model_.scorer->n_components; }

    const whitening::Model<T>& model_;
    const kernels::Kernels<T>& kernels_;
    Screening& screening_;
    bool probes_;
    bool records_;  // records bounds anew, without using present ones
    Index group_;
    Index tile_rows_;
    PrunedDensities<T> densities_;
    estep::Lists counting_;            // of the last tile
    std::vector<std::int32_t> terms_;  // of a group
    bool counts_ = false;
    Index n_kept_ = 0;
};

}  // namespace

template <class T>
std::unique_ptr<estep::Expectation<T>> make_pruned_expectation(const whitening::Model<T>& model, Index tile_rows,
                                                               const kernels::Table& table, Screening& screening,
                                                               bool anew) {
    return std::make_unique<PrunedExpectation<T>>(model, tile_rows, table, screening, anew);
}

template std::unique_ptr<estep::Expectation<double>> make_pruned_expectation(const whitening::Model<double>&, Index,
                                                                             const kernels::Table&, Screening&, bool);
template std::unique_ptr<estep::Expectation<float>> make_pruned_expectation(const whitening::Model<float>&, Index,
                                                                            const kernels::Table&, Screening&, bool);

}  // namespace gaussmix::em
