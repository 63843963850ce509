/// A scorer in the numbers that kernels take.
#pragma once

#include <optional>
#include <vector>

#include "gaussmix/matrix_view.hpp"
#include "kernels/table.hpp"
#include "whitening/scorer.hpp"
#include "whitening/whitening.hpp"

namespace gaussmix::whitening {

/// Points in feature space in the form that kernels take, from doubles (K, d) that must outlive this.
template <class T>
class Points {
public:
    Points(const std::vector<double>& points, Index n_features);

    kernels::Point<T> operator[](Index k) const noexcept;

private:
    Index n_features_;
    const double* points_;
    std::vector<T> high_;
    std::vector<T> low_;  // the remainders after rounding to T
};

/// Components whose means lie near a point, in units of their own deviations. With rows centred there, their distances
/// cost less, and all their sums come from the same statistics.
struct Neighbourhood {
    std::vector<double> centre;  ///< (d,), or empty
    std::vector<char> near;      ///< (K,), or empty
};

/// A scorer, which must outlive this, with its numbers converted to T.
template <class T>
class Model {
public:
    using Number = T;

    explicit Model(const ScorerNumbers& scorer);

    /// For centred tiles; only for separable whitenings.
    void settle(const Neighbourhood& neighbourhood);

    const ScorerNumbers* scorer;
    const Form* form;
    Points<T> means;
    Points<T> centre;
    /// The largest constant, which is subtracted from all, so that T has digits for them; 0 if T is double.
    double base = 0;
    /// The logarithm of the relative likelihood, against a row's best component, below which each component counts as
    /// impossible, (K,).
    std::vector<T> floor;
    /// If no number of a row is larger than this, every distance is sure to stay within the range of T.
    T reach;

    const T* factor(Index k) const noexcept { return numbers(factors_, scorer->factors) + k * factor_stride_; }
    const T* whitened_mean(Index k) const noexcept {
        return numbers(whitened_means_, scorer->whitened_means) + k * scorer->n_features;
    }
    /// Returns whether whole tiles are whitened before distances to the components are computed.
    bool whitens_tiles() const noexcept { return form->is_shared() || scorer->is_turned(); }
    const T* turn() const noexcept { return numbers(turn_, scorer->turn); }
    const T* scales(Index k) const noexcept { return numbers(scales_, scorer->scales) + k * scorer->n_features; }
    const T* turned_offset(Index k) const noexcept {
        return numbers(turned_offsets_, scorer->offsets) + k * scorer->n_features;
    }
    bool is_near(Index k) const noexcept { return !near_.empty() && near_[k] != 0; }
    /// Returns the mean of a near component minus the centre.
    kernels::Point<T> moved_mean(Index k) const noexcept { return moved_means_[k]; }
    /// Returns that difference times -factor, if each feature has its own factor.
    const T* offset(Index k) const noexcept { return offsets_.data() + k * scorer->n_features; }
    T constant(Index k) const noexcept { return static_cast<T>(scorer->log_constants[k] - base); }

private:
    static const T* numbers(const std::vector<T>& own, const std::vector<double>& given) noexcept;

    Index factor_stride_;
    std::vector<T> factors_;         // empty where T is double
    std::vector<T> whitened_means_;  // likewise
    std::vector<T> turn_;            // likewise
    std::vector<T> scales_;          // likewise
    std::vector<T> turned_offsets_;  // likewise
    std::vector<char> near_;
    std::vector<double> moved_;
    Points<T> moved_means_;
    std::vector<T> offsets_;
};

/// Returns the model in single precision, unless that would lose more than the rounding of single-precision data does:
/// nothing if its numbers leave the safe range, or if features are so correlated that distances are small differences
/// of large numbers.
std::optional<Model<float>> narrow(const ScorerNumbers& scorer, bool data_is_single);

/// A row whose log density minus the base is below this is so far from every component that single precision could not
/// tell them apart.
inline constexpr double farthest_narrow = -1e4;

extern template class Points<double>;
extern template class Points<float>;
extern template class Model<double>;
extern template class Model<float>;

}  // namespace gaussmix::whitening
