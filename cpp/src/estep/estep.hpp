/// The E-step, tile by tile, for all that uses a mixture: EM, k-means, scoring, prediction, the search for a start.
///
/// A tile of rows is loaded, an `Expectation` computes the requested values for it, and the tile keeps both. Rows in
/// single precision are computed on as such where their distances allow it, else as doubles: that is decided here, tile
/// by tile, and nowhere else.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>

#include "estep/dense.hpp"
#include "estep/tile.hpp"
#include "rows/workers.hpp"
#include "whitening/model.hpp"

namespace gaussmix::estep {

/// A scorer in the form that kernels take, in each precision that its rows may need. It must stay in place while
/// expectations use it, and so must the scorer.
class Models {
public:
    Models(const ScorerNumbers& scorer, Scalar scalar)
        : wide_(scorer), narrow_(whitening::narrow(scorer, rows::is_single(scalar))) {}

    /// Centres rows at a point, which must outlive this, if some components are near it.
    void settle(const whitening::Neighbourhood& neighbourhood, kernels::Squares squares) {
        wide_.settle(neighbourhood);
        if (narrow_) narrow_->settle(neighbourhood);
        if (neighbourhood.near.empty()) return;
        squares_ = squares;
        const Index d = scorer().n_features;
        wide_centre_.emplace(neighbourhood.centre, d);
        if (narrow_) narrow_centre_.emplace(neighbourhood.centre, d);
    }

    const ScorerNumbers& scorer() const noexcept { return *wide_.scorer; }
    bool has_narrow() const noexcept { return narrow_.has_value(); }

    /// Null if single precision is not enough.
    template <class T>
    const whitening::Model<T>* in() const noexcept {
        if constexpr (std::is_same_v<T, double>) {
            return &wide_;
        } else {
            return narrow_ ? &*narrow_ : nullptr;
        }
    }

    /// Prepares a tile's rows for log densities.
    void prepare(rows::TileBuffer<double>& rows) const {
        if (wide_centre_) rows.centre((*wide_centre_)[0], squares_);
    }
    void prepare(rows::TileBuffer<float>& rows) const {
        if (narrow_centre_) rows.centre((*narrow_centre_)[0], squares_);
    }

private:
    whitening::Model<double> wide_;
    std::optional<whitening::Model<float>> narrow_;
    std::optional<whitening::Points<double>> wide_centre_;
    std::optional<whitening::Points<float>> narrow_centre_;
    kernels::Squares squares_ = kernels::Squares::each;
};

/// Makes a worker's expectation under a model of its precision, which is null if there is none.
template <class T>
using Make = std::function<std::unique_ptr<Expectation<T>>(const whitening::Model<T>*)>;

/// How the E-step of a walk is done. When `number` changes, workers make their expectations anew.
struct Method {
    const Models* models = nullptr;  ///< null: values do not come from a mixture
    Make<double> wide;
    Make<float> narrow;
    Index number = 0;
};

/// One worker's E-step in the precision that each tile needs.
class EStep {
public:
    /// Both must outlive it.
    EStep(const Walk& walk, const Method& method) : walk_(walk), method_(method) {}

    /// Does the E-step of the rows at positions [first, first + n). Returns false if none of them has weight, or if
    /// they are checked and not all finite.
    bool expect(Index first, Index n);

    /// Calls use(tile) with the tile just computed, in its precision.
    template <class Use>
    decltype(auto) visit(Use&& use) {
        return is_narrow_ ? use(*narrow_) : use(*wide_);
    }

private:
    template <class T>
    Tile<T>& tile(std::optional<Tile<T>>& tile, const Make<T>& make, Index& number);
    bool has_ordinary_weights(Index first, Index n) const;

    const Walk& walk_;
    const Method& method_;
    std::optional<Tile<double>> wide_;
    std::optional<Tile<float>> narrow_;
    Index wide_number_ = 0;
    Index narrow_number_ = 0;
    bool is_narrow_ = false;  // the precision of the tile just computed
};

/// Calls use(tile, chunk) for each tile of the walk that has weight, in parallel over chunks.
template <class Use>
void for_each_tile(const Walk& walk, const Method& method, Use use) {
    rows::Workers<EStep> workers(walk.rows.context);
    workers.for_each_chunk(
        walk.plan, walk.rows.context, [&] { return std::make_unique<EStep>(walk, method); },
        [&](EStep& estep, Index chunk) {
            rows::for_each_tile(walk.plan, chunk, [&](Index first, Index n) {
                if (estep.expect(first, n)) estep.visit([&](auto& tile) { use(tile, chunk); });
            });
        });
}

}  // namespace gaussmix::estep
