#include "em/pruned_expectation.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/layout.hpp"

namespace gaussmix::em {
namespace {

constexpr Index probe_every = 8;  // tiles: enough to tell

/// Components in ascending order, for each group of rows of a tile.
class GroupComponents {
public:
    GroupComponents(Index n_groups, Index n_components)
        : n_components_(n_components),
          index_(static_cast<std::size_t>(n_groups * n_components)),
          n_(static_cast<std::size_t>(n_groups)) {}

    void clear(Index group) { n_[static_cast<std::size_t>(group)] = 0; }
    void add(Index group, Index k) {
        index_[static_cast<std::size_t>(group * n_components_ + n_[static_cast<std::size_t>(group)]++)] =
            static_cast<std::int32_t>(k);
    }
    kernels::Components of(Index group) const {
        return {index_.data() + group * n_components_, n_[static_cast<std::size_t>(group)]};
    }

private:
    Index n_components_;
    std::vector<std::int32_t> index_;
    std::vector<Index> n_;
};

/// Whether none of a block of flags is set.
bool is_clear(const std::int8_t* flags) noexcept {
    std::int64_t bits;
    static_assert(sizeof bits == kernels::bounds_block);
    std::memcpy(&bits, flags, sizeof bits);
    return bits == 0;
}

template <class T>
class PrunedExpectation final : public Expectation<T> {
public:
    PrunedExpectation(const rows::Model<T>& model, Index tile_rows, const kernels::Table& table, Screening& screening,
                      bool anew)
        : model_(model),
          table_(table),
          kernels_(table.kernels<T>()),
          screening_(screening),
          probes_(screening.use() == Screening::Use::probe),
          records_(anew || screening.use() == Screening::Use::record),
          n_components_(model.scorer->n_components),
          group_(screening.group()),
          largest_constant_(-std::numeric_limits<double>::infinity()),
          densities_(model, tile_rows, table),
          likely_(tile_rows / group_, n_components_),
          needed_(tile_rows / group_, n_components_),
          starts_(static_cast<std::size_t>(n_components_ * (tile_rows / kernels::group_rows<T>))),
          n_starts_(static_cast<std::size_t>(n_components_)),
          reached_(static_cast<std::size_t>(n_components_)),
          flags_(static_cast<std::size_t>(screening.stride())),
          reach_(flags_.size(), -std::numeric_limits<float>::infinity()) {
        for (Index k = 0; k < n_components_; ++k) {
            constants_.push_back(model.constant(k));
            allowances_.push_back(-model.floor[static_cast<std::size_t>(k)]);
            largest_constant_ = std::max(largest_constant_, static_cast<double>(constants_.back()));
        }
        for (std::size_t k = 0; k < constants_.size(); ++k) {
            const double height = static_cast<double>(constants_[k]) - largest_constant_;
            reach_[k] = raised(2 * (height + static_cast<double>(allowances_[k])));
        }
    }

    void responsibilities(const rows::TileBuffer<T>& rows, Index first, Index n, T* r,
                          kernels::LogSums<T> lse) override {
        const Index n_groups = (n + group_ - 1) / group_;
        if (probes_) {
            compute_all(rows, n_groups, r, lse, [&](Index g) {
                if (screening_.labels_probes()) label(rows, first, g, r);
            });
            if (first / rows.stride() % probe_every != 0) return;
        } else if (records_) {
            compute_all(rows, n_groups, r, lse, [&](Index g) { remember(rows, first, g, r); });
        } else {
            compute_some(rows, first, n_groups, r, lse);
        }
        Index n_evaluated = 0;
        Index n_kept = 0;
        for (Index g = 0; g < n_groups; ++g) {
            n_evaluated += needed_.of(g).n * std::min(group_, n - g * group_);
            n_kept += kernels_.count(r + g * group_, group_, needed_.of(g), rows.stride());
        }
        screening_.count(n_evaluated, n_kept);
    }

    const T* squares(Index k) const noexcept override { return densities_.squares(k); }

    bool reaches(Index k) const noexcept override { return reached_[static_cast<std::size_t>(k)] != 0; }

private:
    static float raised(double value) {
        return std::nextafter(static_cast<float>(value), std::numeric_limits<float>::infinity());
    }
    /// Never minus infinity, which no component could be told from what pads their number.
    static float lowered(double value) {
        constexpr float lowest = std::numeric_limits<float>::lowest();
        return value > static_cast<double>(lowest) ? std::nextafter(static_cast<float>(value), lowest) : lowest;
    }

    /// `use(g)` sees the log densities of each group.
    template <class Use>
    void compute_all(const rows::TileBuffer<T>& rows, Index n_groups, T* r, kernels::LogSums<T> lse, Use use) {
        std::fill(reached_.begin(), reached_.end(), 1);
        densities_.compute(rows.tile(), r);
        for (Index g = 0; g < n_groups; ++g) {
            needed_.clear(g);
            for (Index k = 0; k < n_components_; ++k) needed_.add(g, k);
            use(g);
        }
        kernels_.responsibilities(r, rows.tile().n_rows, {nullptr, n_components_}, rows.stride(), model_.floor.data(),
                                  rows.weights(), lse);
    }

    /// First the component that was best for each row in the pass before, then whatever may come near it.
    void compute_some(const rows::TileBuffer<T>& rows, Index first, Index n_groups, T* r, kernels::LogSums<T> lse) {
        std::fill(reached_.begin(), reached_.end(), 0);
        for (Index g = 0; g < n_groups; ++g) {
            likely_.clear(g);
            const std::uint16_t* best = screening_.labels(first + g * group_).best;
            for (Index i = 0; i < group_; ++i) {
                const kernels::Components known = likely_.of(g);
                if (std::find(known.index, known.index + known.n, best[i]) != known.index + known.n) continue;
                likely_.add(g, best[i]);
                ask(rows, g, best[i], r);
            }
        }
        compute_asked(rows, r);
        for (Index g = 0; g < n_groups; ++g) screen(rows, first, g, r);
        compute_asked(rows, r);
        for (Index g = 0; g < n_groups; ++g) {
            const Index at = g * group_;
            remember(rows, first, g, r);
            kernels_.responsibilities(r + at, group_, needed_.of(g), rows.stride(), model_.floor.data(),
                                      rows.weights() + at, lse.from(at));
        }
        const Index n_padding = rows.tile().n_rows - n_groups * group_;
        std::fill_n(lse.best + n_groups * group_, n_padding, T(0));
        std::fill_n(lse.sum + n_groups * group_, n_padding, T(1));
    }

    /// Takes what the next pass should know of a group from its log densities.
    void remember(const rows::TileBuffer<T>& rows, Index first, Index g, const T* r) {
        const Index at = g * group_;
        kernels_.record(r + at, group_, needed_.of(g), rows.stride(), constants_.data(),
                        screening_.bounds(first / group_ + g));
        label(rows, first, g, r);
    }

    void label(const rows::TileBuffer<T>& rows, Index first, Index g, const T* r) {
        const Index at = g * group_;
        const T typical = static_cast<T>(model_.scorer->n_features) / 2;
        kernels_.label(r + at, group_, needed_.of(g), rows.stride(), constants_.data(), allowances_.data(), typical,
                       screening_.labels(first + at));
    }

    /// Finds out which components a group needs besides those just computed.
    void screen(const rows::TileBuffer<T>& rows, Index first, Index g, T* r) {
        const kernels::Components likely = likely_.of(g);
        const T worst = kernels_.least_best(r + g * group_, group_, likely, rows.stride());
        table_.screen(screening_.bounds(first / group_ + g), screening_.stride(), screening_.scale(),
                      screening_.shift(), reach_.data(), lowered(2 * (static_cast<double>(worst) - largest_constant_)),
                      flags_.data());
        constexpr std::int8_t computed = 2;
        for (Index s = 0; s < likely.n; ++s) flags_[static_cast<std::size_t>(likely.index[s])] = computed;
        needed_.clear(g);
        for (Index block = 0; block < n_components_; block += kernels::bounds_block) {
            if (is_clear(flags_.data() + block)) continue;
            for (Index k = block; k < block + kernels::bounds_block; ++k) {
                const std::int8_t flag = flags_[static_cast<std::size_t>(k)];
                if (flag == 0) continue;
                needed_.add(g, k);
                if (flag != computed) ask(rows, g, k, r);
            }
        }
    }

    /// Puts a group on the list of what is to be computed next. What is left out of a component that is reached at all
    /// is zero.
    void ask(const rows::TileBuffer<T>& rows, Index g, Index k, T* r) {
        const auto at = static_cast<std::size_t>(k);
        if (reached_[at] == 0) {
            reached_[at] = 1;
            std::fill_n(r + k * rows.stride(), rows.tile().n_rows, T(0));
        }
        std::int32_t* starts = starts_of(k);
        for (Index row = g * group_; row < (g + 1) * group_; row += kernels::group_rows<T>) {
            starts[n_starts_[at]++] = static_cast<std::int32_t>(row);
        }
    }

    void compute_asked(const rows::TileBuffer<T>& rows, T* r) {
        for (Index k = 0; k < n_components_; ++k) {
            Index& n = n_starts_[static_cast<std::size_t>(k)];
            if (n == 0) continue;
            densities_.compute(rows.tile(), {starts_of(k), n}, k, r + k * rows.stride());
            n = 0;
        }
    }

    std::int32_t* starts_of(Index k) {
        return starts_.data() + k * (static_cast<Index>(starts_.size()) / n_components_);
    }

    const rows::Model<T>& model_;
    const kernels::Table& table_;
    const kernels::Kernels<T>& kernels_;
    Screening& screening_;
    bool probes_;
    bool records_;  // bounds anew, without use of those there are
    Index n_components_;
    Index group_;
    double largest_constant_;
    rows::Densities<T> densities_;
    GroupComponents likely_;
    GroupComponents needed_;
    std::vector<std::int32_t> starts_;  // (K, groups of the kernels'): of what is asked for
    std::vector<Index> n_starts_;
    std::vector<char> reached_;  // components with anything in the tile
    std::vector<T> constants_;
    std::vector<T> allowances_;  // how far below a row's best each component may be and count
    std::vector<std::int8_t> flags_;
    std::vector<float> reach_;
};

}  // namespace

template <class T>
std::unique_ptr<Expectation<T>> make_pruned_expectation(const rows::Model<T>& model, Index tile_rows,
                                                        const kernels::Table& table, Screening& screening, bool anew) {
    return std::make_unique<PrunedExpectation<T>>(model, tile_rows, table, screening, anew);
}

template std::unique_ptr<Expectation<double>> make_pruned_expectation(const rows::Model<double>&, Index,
                                                                      const kernels::Table&, Screening&, bool);
template std::unique_ptr<Expectation<float>> make_pruned_expectation(const rows::Model<float>&, Index,
                                                                     const kernels::Table&, Screening&, bool);

}  // namespace gaussmix::em
