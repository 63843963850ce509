#include "em/pruning/pruned_densities.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/layout.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::em {
namespace {

float raised(double value) { return std::nextafter(static_cast<float>(value), std::numeric_limits<float>::infinity()); }

/// Returns a slightly lower number, but never minus infinity, which padding has.
float lowered(double value) {
    constexpr float lowest = std::numeric_limits<float>::lowest();
    constexpr double above = 1 + 1e-7;  // by more than a float rounds
    const double below = value < 0 ? value * above : value / above;
    return below > static_cast<double>(lowest) ? static_cast<float>(below) : lowest;
}

}  // namespace

template <class T>
PrunedDensities<T>::PrunedDensities(const whitening::Model<T>& model, std::vector<T> allowances, Index tile_rows,
                                    const kernels::Table& table, Screening& screening, estep::Keeps keeps)
    : table_(table),
      kernels_(table.kernels<T>()),
      screening_(screening),
      n_components_(model.scorer->n_components),
      group_(screening.group()),
      largest_constant_(-std::numeric_limits<double>::infinity()),
      densities_(model, tile_rows, table, keeps),
      likely_(tile_rows / group_, n_components_),
      needed_(tile_rows / group_, n_components_),
      bits_(n_components_),
      best_(screening.cuts_off() ? tile_rows : 0),
      allowances_(std::move(allowances)),
      reach_(screening.stride(), -std::numeric_limits<float>::infinity()) {
    for (Index k = 0; k < n_components_; ++k) {
        constants_.push_back(model.constant(k));
        largest_constant_ = std::max(largest_constant_, static_cast<double>(constants_.back()));
    }
    for (std::size_t k = 0; k < constants_.size(); ++k) {
        const double height = static_cast<double>(constants_[k]) - largest_constant_;
        reach_[k] = raised(2 * (height + static_cast<double>(allowances_[k])));
    }
}

template <class T>
void PrunedDensities<T>::compute_all(const rows::TileBuffer<T>& rows, Index first, Index n, T* r, bool records) {
    computes_all_ = true;
    densities_.compute_all(rows, r);
    for (Index g = 0; records && g < n_groups(n); ++g) record(rows, first, g, r);
}

/// Computes the component that was best for each row in the previous pass first, then all that may come near it.
template <class T>
void PrunedDensities<T>::compute_some(const rows::TileBuffer<T>& rows, Index first, Index n, T* r) {
    computes_all_ = false;
    for (Index g = 0; g < n_groups(n); ++g) ask_likely(first, g);
    compute_asked(rows, r, nullptr);
    for (Index g = 0; g < n_groups(n); ++g) screen(rows, first, g, r);
    compute_asked(rows, r, best_.empty() ? nullptr : best_.data());
    for (Index g = 0; g < n_groups(n); ++g) record(rows, first, g, r);
}

template <class T>
Index PrunedDensities<T>::n_evaluated(Index n) const {
    Index result = 0;
    for (Index g = 0; g < n_groups(n); ++g) result += of(g).n * std::min(group_, n - g * group_);
    return result;
}

template <class T>
void PrunedDensities<T>::ask_likely(Index first, Index g) {
    const std::uint16_t* best = screening_.labels(first + g * group_).best;
    bits_.assign(best, group_);
    likely_.clear(g);
    bits_.for_each([&](Index k) {
        likely_.add(g, k);
        ask(g, k);
    });
}

/// Finds the components that a group needs besides those just computed.
template <class T>
void PrunedDensities<T>::screen(const rows::TileBuffer<T>& rows, Index first, Index g, const T* r) {
    const kernels::Components likely = likely_.components(g);
    const T worst = kernels_.least_best(r + g * group_, group_, likely, rows.stride());
    if (!best_.empty()) std::fill_n(best_.data() + g * group_, group_, worst);
    table_.screen(screening_.bounds(first / group_ + g), screening_.stride(), screening_.scale(), screening_.shift(),
                  reach_.data(), lowered(2 * (static_cast<double>(worst) - largest_constant_)), bits_.data());
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

/// Records what the next pass needs to know about a group from its log densities.
template <class T>
void PrunedDensities<T>::record(const rows::TileBuffer<T>& rows, Index first, Index g, const T* r) {
    kernels_.record(r + g * group_, group_, of(g), rows.stride(), constants_.data(),
                    screening_.bounds(first / group_ + g));
}

/// Adds a group to what is computed next.
template <class T>
void PrunedDensities<T>::ask(Index g, Index k) {
    for (Index row = g * group_; row < (g + 1) * group_; row += kernels::group_rows<T>) densities_.ask(row, k);
}

/// Computes what was asked for. `best` is a lower bound on the best log density of each row, if distances may stay
/// unfinished.
template <class T>
void PrunedDensities<T>::compute_asked(const rows::TileBuffer<T>& rows, T* r, const T* best) {
    densities_.compute(rows, r, best, [this](Index k) { return -allowances_[k] - tuning::nats_beyond; });
}

template class PrunedDensities<double>;
template class PrunedDensities<float>;

}  // namespace gaussmix::em
