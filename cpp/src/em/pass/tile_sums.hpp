/// The M-step's half of a pass: what a tile adds to the sums about the reference points.
#pragma once

#include <optional>
#include <vector>

#include "em/pass/sums.hpp"
#include "estep/estep.hpp"
#include "linalg/aligned.hpp"

namespace gaussmix::em {

/// A multiple of the block of the kernel that sums shared statistics, for every instruction set.
inline constexpr Index components_together = 12;

/// One thread's working memory.
class Scratch {
public:
    /// Returns room for at least `size` numbers.
    template <class T>
    T* of(Index size);

private:
    linalg::AlignedBuffer<float> narrow_;
    linalg::AlignedBuffer<double> wide_;
};

/// Sums the tiles of one pass; may be used from any thread.
class TileSums {
public:
    /// All arguments must outlive it. `models` is null if responsibilities do not come from a mixture.
    TileSums(const rows::Data& rows, const SumsLayout& layout, const std::vector<double>& reference,
             const estep::Models* models);

    /// Adds the tile's weight and log-likelihood, and a scatter about the centre if the layout has one.
    template <class T>
    void add_rows(estep::Tile<T>& tile, Sums& sums, Scratch& scratch) const;

    /// Adds the tile's sums of components [begin, end), at most `components_together`. Different ones may be added
    /// concurrently unless the scatter is pooled. Responsibilities outside a component's groups may be cleared.
    template <class T>
    void add_components(estep::Tile<T>& tile, Index begin, Index end, Sums& sums, Scratch& scratch) const;

private:
    /// The points about which sums are taken.
    template <class T>
    struct Points {
        Points(const std::vector<double>& reference_, const SumsLayout& layout)
            : reference(reference_, layout.n_features), centre(layout.neighbourhood.centre, layout.n_features) {}

        whitening::Points<T> reference;  ///< one for each component
        whitening::Points<T> centre;     ///< one or none
    };

    template <class T>
    const Points<T>& points() const noexcept;
    template <class T>
    void add_component(const estep::Tile<T>& tile, Index k, double* sums, Scratch& scratch) const;
    template <class T>
    const T* squares(const estep::Tile<T>& tile, Index k, Scratch& scratch) const;
    template <class T>
    T* work(const estep::Tile<T>& tile, Scratch& scratch) const;
    template <class T>
    const double* weights(const estep::Tile<T>& tile, Scratch& scratch) const;

    const rows::Data& rows_;
    const SumsLayout& layout_;
    const kernels::Table& table_;
    bool about_own_means_;  // whether the reference points are the means of the model
    Points<double> wide_;
    std::optional<Points<float>> narrow_;
};

}  // namespace gaussmix::em
