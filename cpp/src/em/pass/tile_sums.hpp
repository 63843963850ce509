/// What a pass does with a tile of rows: the E-step, then the sums about the reference points.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "em/estep/expectation.hpp"
#include "em/pass/pass.hpp"
#include "em/pass/sums.hpp"
#include "linalg/aligned.hpp"

namespace gaussmix::em {

/// Whole blocks of the kernel that sums what components share, for every instruction set.
inline constexpr Index components_together = 12;

/// What all tiles of a pass share, one pass after another.
class PassSetup {
public:
    PassSetup(const rows::Data& rows, Index n_components, const scatter::Form& scatter);

    /// For the next pass. The arguments must outlive it; `screening` is null where it takes no part. Whether storage
    /// made for the pass before suits this one.
    bool begin(const Source& source, const std::vector<double>& reference, rows::Order order = nullptr,
               Screening* screening = nullptr);

    const rows::Data& rows() const noexcept { return rows_; }
    const SumsLayout& layout() const noexcept { return layout_; }
    const rows::Plan& plan() const noexcept { return plan_; }

    /// Whether tiles are computed in single precision where their rows allow it.
    bool is_narrow() const noexcept { return narrow_.has_value(); }

private:
    friend class TileSums;

    /// The model in T, if there is one, and the points the moments are taken about.
    template <class T>
    struct In {
        In(std::optional<whitening::Model<T>> model_, const std::vector<double>& reference_, const SumsLayout& layout)
            : model(std::move(model_)),
              about_own_means(model && &reference_ == &model->scorer->means),
              reference(reference_, layout.n_features),
              centre(layout.neighbourhood.centre, layout.n_features) {}

        std::optional<whitening::Model<T>> model;
        bool about_own_means;  ///< whether the reference points are the means of the model
        whitening::Points<T> reference;
        whitening::Points<T> centre;  ///< one or none
    };

    /// What an E-step can be kept for, if for anything.
    using Kept = std::optional<std::pair<Assignment, Whitening>>;

    rows::Data rows_;
    SumsLayout layout_;
    rows::Plan plan_;
    Source source_{};
    Screening* screening_ = nullptr;
    Kept kept_;
    Index e_step_ = 0;  // the number of E-steps that were made anew
    std::optional<In<double>> wide_;
    std::optional<In<float>> narrow_;
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
