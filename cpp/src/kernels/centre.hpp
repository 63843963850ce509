/// Rows minus a mean, so that nothing cancels later: a float mean comes with the remainder of its own rounding.
#pragma once

#include "kernels/simd.hpp"
#include "kernels/table.hpp"

namespace {

using gaussmix::kernels::Point;
using gaussmix::kernels::Tile;

/// Feature j of a point, in every lane; or one vector of features.
template <class T>
class Centre {
public:
    Centre(Vec<T> high, Vec<T> low) : high_(high), low_(low) {}
    Centre(Point<T> point, std::int64_t j) : high_(broadcast(point.high[j])) {
        if constexpr (std::is_same_v<T, float>) low_ = broadcast(point.low[j]);
    }

    /// Returns x - point; for floats near the point, exact up to one rounding.
    Vec<T> subtract_from(Vec<T> x) const {
        if constexpr (std::is_same_v<T, float>) {
            return x - high_ - low_;
        } else {
            return x - high_;
        }
    }

private:
    Vec<T> high_;
    Vec<T> low_{};
};

/// Returns one vector of features of a point, from j on.
template <class T>
inline Centre<T> centre_at(Point<T> point, std::int64_t j) {
    if constexpr (std::is_same_v<T, float>) {
        return {load(point.high + j), load(point.low + j)};
    } else {
        return {load(point.high + j), Vec<T>{}};
    }
}

/// Returns x - point for feature j alone.
template <class T>
inline T subtract(T x, Point<T> point, std::int64_t j) {
    if constexpr (std::is_same_v<T, float>) {
        return x - point.high[j] - point.low[j];
    } else {
        return x - point.high[j];
    }
}

}  // namespace
