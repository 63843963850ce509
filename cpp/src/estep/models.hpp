/// A scorer in the form that kernels take, in each precision that the E-step of its rows may need.
#pragma once

#include <optional>
#include <type_traits>

#include "rows/tile.hpp"
#include "whitening/model.hpp"

namespace gaussmix::estep {

/// It must stay in place while expectations use it, and so must the scorer.
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

    /// Centres a tile's rows where the models are settled about a centre.
    void centre(rows::TileBuffer<double>& rows) const {
        if (wide_centre_) rows.centre((*wide_centre_)[0], squares_);
    }
    void centre(rows::TileBuffer<float>& rows) const {
        if (narrow_centre_) rows.centre((*narrow_centre_)[0], squares_);
    }

private:
    whitening::Model<double> wide_;
    std::optional<whitening::Model<float>> narrow_;
    std::optional<whitening::Points<double>> wide_centre_;
    std::optional<whitening::Points<float>> narrow_centre_;
    kernels::Squares squares_ = kernels::Squares::each;
};

}  // namespace gaussmix::estep
