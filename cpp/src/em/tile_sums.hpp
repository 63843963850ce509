/// What a pass does with a tile of rows: the E-step, then the sums about the reference points.
#pragma once

#include <memory>

#include "em/expectation.hpp"
#include "em/pass.hpp"
#include "em/sums.hpp"
#include "linalg/aligned.hpp"

namespace gaussmix::em {

/// Whole blocks of the kernel that sums what components share, for every instruction set.
inline constexpr Index components_together = 12;

/// What all tiles of a pass share. The arguments must outlive it.
class PassSetup {
public:
    /// `screening` is null where it takes no part.
    PassSetup(const Rows& rows, const Source& source, const std::vector<double>& reference, Scatter scatter,
              Screening* screening = nullptr);
    ~PassSetup();

    const Rows& rows;
    const SumsLayout layout;

    /// Whether tiles are computed in single precision where their rows allow it.
    bool is_narrow() const noexcept { return narrow_ != nullptr; }
    rows::Plan plan() const noexcept;

private:
    friend class TileSums;
    template <class T>
    struct In;

    PassSetup(const Rows& rows, const Source& source, const std::vector<double>& reference, Scatter scatter,
              Screening* screening, bool narrow);

    const Source& source_;
    Screening* screening_;
    std::unique_ptr<const In<double>> wide_;
    std::unique_ptr<const In<float>> narrow_;
};

/// A thread's working memory.
class Scratch {
public:
    /// At least `size` numbers.
    template <class T>
    T* of(Index size);

private:
    linalg::AlignedBuffer<float> narrow_;
    linalg::AlignedBuffer<double> wide_;
};

/// Storage for one tile and what was computed of it.
class TileSums {
public:
    explicit TileSums(const PassSetup& setup);
    TileSums(TileSums&&) noexcept;
    ~TileSums();

    /// The E-step of rows [first, first + n).
    void expect(Index first, Index n);

    /// Adds the tile's weight and log-likelihood, and a scatter about the centre where the layout has one.
    void add_rows(Sums& sums, Scratch& scratch);

    /// Adds the tile's sums of components [begin, end), at most `components_together`. Different ones may be added at
    /// once, unless the scatter is pooled.
    void add_components(Index begin, Index end, Sums& sums, Scratch& scratch) const;

private:
    class Tile;
    template <class T>
    class TileIn;

    const PassSetup& setup_;
    std::unique_ptr<TileIn<float>> narrow_;
    std::unique_ptr<TileIn<double>> wide_;
    Tile* tile_ = nullptr;  // the one in use, null where no row has weight
};

}  // namespace gaussmix::em
