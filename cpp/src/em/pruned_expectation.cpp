#include "em/pruned_expectation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/layout.hpp"
#include "rows/groups.hpp"

namespace gaussmix::em {
namespace {

constexpr Index probe_every = 8;  // tiles: enough to tell
constexpr int beyond = 2;  // nats that a distance goes on past where its pair counts for nothing: its bound lasts

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

/// A set of components, a bit each.
class ComponentBits {
public:
    explicit ComponentBits(Index n_components)
        : bytes_(static_cast<std::size_t>(kernels::round_up(n_components, 64) / 8)) {}

    std::uint8_t* data() { return bytes_.data(); }
    void clear() { std::fill(bytes_.begin(), bytes_.end(), std::uint8_t{0}); }
    void add(Index k) {
        std::uint8_t& byte = bytes_[static_cast<std::size_t>(k / 8)];
        byte = static_cast<std::uint8_t>(byte | 1U << (k % 8));
    }

    /// use(k) for each, in ascending order.
    template <class Use>
    void for_each(Use use) const {
        for (std::size_t at = 0; at < bytes_.size(); at += 8) {
            std::uint64_t word = 0;
            for (std::size_t i = 0; i < 8; ++i) word |= std::uint64_t{bytes_[at + i]} << (8 * i);
            for (; word != 0; word &= word - 1) use(static_cast<Index>(8 * at) + __builtin_ctzll(word));
        }
    }

private:
    std::vector<std::uint8_t> bytes_;
};

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
          records_(!probes_ && (anew || screening.use() == Screening::Use::record)),
          n_components_(model.scorer->n_components),
          group_(screening.group()),
          largest_constant_(-std::numeric_limits<double>::infinity()),
          densities_(model, tile_rows, table),
          likely_(tile_rows / group_, n_components_),
          needed_(tile_rows / group_, n_components_),
          asked_(n_components_, tile_rows / kernels::group_rows<T>),
          counting_(n_components_, tile_rows / kernels::group_rows<T>),
          bits_(n_components_),
          best_(screening.cuts_off() ? static_cast<std::size_t>(tile_rows) : 0),
          reach_(static_cast<std::size_t>(screening.stride()), -std::numeric_limits<float>::infinity()) {
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
        counts_ = !probes_ || first / rows.stride() % probe_every == 0;
        counting_.clear();
        n_kept_ = 0;
        if (probes_ || records_) {
            compute_all(rows, first, n_groups, r, lse);
        } else {
            compute_some(rows, first, n_groups, r, lse);
        }
        if (!counts_) return;
        Index n_evaluated = 0;
        for (Index g = 0; g < n_groups; ++g) n_evaluated += needed_.of(g).n * std::min(group_, n - g * group_);
        screening_.count(n_evaluated, n_kept_);
    }

    const T* squares(Index k) const noexcept override { return densities_.squares(k); }

    kernels::Groups groups(Index k) const noexcept override { return counts_ ? counting_.of(k) : kernels::Groups{}; }

private:
    static float raised(double value) {
        return std::nextafter(static_cast<float>(value), std::numeric_limits<float>::infinity());
    }
    /// Never minus infinity, which no component could be told from what pads their number.
    static float lowered(double value) {
        constexpr float lowest = std::numeric_limits<float>::lowest();
        constexpr double above = 1 + 1e-7;  // by more than a float rounds
        const double below = value < 0 ? value * above : value / above;
        return below > static_cast<double>(lowest) ? static_cast<float>(below) : lowest;
    }

    void compute_all(const rows::TileBuffer<T>& rows, Index first, Index n_groups, T* r, kernels::LogSums<T> lse) {
        densities_.compute(rows, r);
        for (Index g = 0; g < n_groups; ++g) {
            needed_.clear(g);
            for (Index k = 0; k < n_components_; ++k) needed_.add(g, k);
            if (records_) record(rows, first, g, r);
            if (records_ || screening_.labels_probes()) label(rows, first, g, r);
        }
        kernels_.responsibilities(r, rows.tile().n_rows, {nullptr, n_components_}, rows.stride(), model_.floor.data(),
                                  rows.weights(), lse);
        for (Index g = 0; counts_ && g < n_groups; ++g) count(rows, g, r);
    }

    /// First the component that was best for each row in the pass before, then whatever may come near it.
    void compute_some(const rows::TileBuffer<T>& rows, Index first, Index n_groups, T* r, kernels::LogSums<T> lse) {
        for (Index g = 0; g < n_groups; ++g) ask_likely(first, g);
        compute_asked(rows, r, nullptr);
        for (Index g = 0; g < n_groups; ++g) screen(rows, first, g, r);
        compute_asked(rows, r, best_.empty() ? nullptr : best_.data());
        for (Index g = 0; g < n_groups; ++g) {
            const Index at = g * group_;
            record(rows, first, g, r);
            label(rows, first, g, r);
            kernels_.responsibilities(r + at, group_, needed_.of(g), rows.stride(), model_.floor.data(),
                                      rows.weights() + at, lse.from(at));
            count(rows, g, r);
        }
        const Index n_padding = rows.tile().n_rows - n_groups * group_;
        std::fill_n(lse.best + n_groups * group_, n_padding, T(0));
        std::fill_n(lse.sum + n_groups * group_, n_padding, T(1));
    }

    void ask_likely(Index first, Index g) {
        const std::uint16_t* best = screening_.labels(first + g * group_).best;
        bits_.clear();
        bits_.add(best[0]);
        for (Index i = 1; i < group_; ++i) {
            if (best[i] != best[i - 1]) bits_.add(best[i]);
        }
        likely_.clear(g);
        bits_.for_each([&](Index k) {
            likely_.add(g, k);
            ask(g, k);
        });
    }

    /// Finds out which components a group needs besides those just computed.
    void screen(const rows::TileBuffer<T>& rows, Index first, Index g, const T* r) {
        const kernels::Components likely = likely_.of(g);
        const T worst = kernels_.least_best(r + g * group_, group_, likely, rows.stride());
        if (!best_.empty()) std::fill_n(best_.data() + g * group_, group_, worst);
        table_.screen(screening_.bounds(first / group_ + g), screening_.stride(), screening_.scale(),
                      screening_.shift(), reach_.data(), lowered(2 * (static_cast<double>(worst) - largest_constant_)),
                      bits_.data());
        for (Index s = 0; s < likely.n; ++s) bits_.add(likely.index[s]);
        needed_.clear(g);
        Index s = 0;
        bits_.for_each([&](Index k) {
            needed_.add(g, k);
            if (s < likely.n && likely.index[s] == k) {
                ++s;
            } else {
                ask(g, k);
            }
        });
    }

    /// Takes what the next pass should know of a group from its log densities.
    void record(const rows::TileBuffer<T>& rows, Index first, Index g, const T* r) {
        kernels_.record(r + g * group_, group_, needed_.of(g), rows.stride(), constants_.data(),
                        screening_.bounds(first / group_ + g));
    }

    void label(const rows::TileBuffer<T>& rows, Index first, Index g, const T* r) {
        const Index at = g * group_;
        const T typical = static_cast<T>(model_.scorer->n_features) / 2;
        kernels_.label(r + at, group_, needed_.of(g), rows.stride(), constants_.data(), allowances_.data(), typical,
                       screening_.labels(first + at));
    }

    void count(const rows::TileBuffer<T>& rows, Index g, const T* r) {
        n_kept_ += kernels_.count(r, g * group_, group_, needed_.of(g), rows.stride(), counting_.lists());
    }

    /// Puts a group on the list of what is to be computed next.
    void ask(Index g, Index k) {
        for (Index row = g * group_; row < (g + 1) * group_; row += kernels::group_rows<T>) asked_.add(k, row);
    }

    /// `best`: what the best log density of each row is at least, if distances may be cut off.
    void compute_asked(const rows::TileBuffer<T>& rows, T* r, const T* best) {
        for (Index k = 0; k < n_components_; ++k) {
            const kernels::Groups groups = asked_.of(k);
            if (groups.n == 0) continue;
            const T floor = model_.floor[static_cast<std::size_t>(k)] - beyond;
            densities_.compute(rows.tile(), groups, k, r + k * rows.stride(), {best, floor});
        }
        asked_.clear();
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
    rows::GroupsOfComponents asked_;
    rows::GroupsOfComponents counting_;  // of the tile just seen, if `counts_`
    bool counts_ = false;
    Index n_kept_ = 0;
    ComponentBits bits_;
    std::vector<T> best_;
    std::vector<T> constants_;
    std::vector<T> allowances_;  // how far below a row's best each component may be and count
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
