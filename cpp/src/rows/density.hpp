/// The E-step's first half: log pi_k N(x_i; mu_k, Sigma_k) for a tile of rows and every component, computed in T.
#pragma once

#include <optional>

#include "gaussmix/scorer.hpp"
#include "kernels/table.hpp"
#include "linalg/aligned.hpp"
#include "parallel/parallel.hpp"
#include "rows/tile.hpp"

namespace gaussmix::rows {

/// Whether features are whitened one by one, without correlations.
constexpr bool is_separable(Whitening whitening) noexcept {
    return whitening == Whitening::scalar || whitening == Whitening::diagonal;
}

/// Points in feature space as the kernels take them, from doubles (K, d) that must outlive this.
template <class T>
class Points {
public:
    Points(const std::vector<double>& points, Index n_features);

    kernels::Point<T> operator[](Index k) const noexcept;

private:
    Index n_features_;
    const double* points_;
    std::vector<T> high_;
    std::vector<T> low_;  // what rounding to T left over
};

/// Components whose means lie near a point, in deviations of their own. Of rows that are centred there their distances
/// cost less, and their sums are sums of the same statistics.
struct Neighbourhood {
    std::vector<double> centre;  ///< (d,), or empty
    std::vector<char> near;      ///< (K,), or empty
};

/// A scorer, which must outlive this, with its numbers as T.
template <class T>
class Model {
public:
    explicit Model(const Scorer& scorer);

    /// For tiles that are centred; never of a full or shared whitening.
    void settle(const Neighbourhood& neighbourhood);

    const Scorer* scorer;
    Points<T> means;
    Points<T> centre;
    /// Constants are given as distances from this, the largest, so that T has digits for them; 0 where T is double.
    double base = 0;
    /// The logarithm of how likely each component may be beside a row's best one before it counts as impossible, (K,).
    std::vector<T> floor;
    /// The largest number in a row that surely keeps every distance within the range of T.
    T reach;

    Index factor_size() const noexcept { return factor_size_; }
    const T* factor(Index k) const noexcept { return numbers(factors_, scorer->factors) + k * factor_size_; }
    const T* whitened_mean(Index k) const noexcept {
        return numbers(whitened_means_, scorer->whitened_means) + k * scorer->n_features;
    }
    bool is_near(Index k) const noexcept { return !near_.empty() && near_[static_cast<std::size_t>(k)] != 0; }
    /// The mean of a near component less the centre.
    kernels::Point<T> moved_mean(Index k) const noexcept { return moved_means_[k]; }
    /// The same times -factor, for a diagonal whitening.
    const T* offset(Index k) const noexcept { return offsets_.data() + k * scorer->n_features; }
    T constant(Index k) const noexcept {
        return static_cast<T>(scorer->log_constants[static_cast<std::size_t>(k)] - base);
    }

private:
    static const T* numbers(const std::vector<T>& own, const std::vector<double>& given) noexcept;

    Index factor_size_;
    std::vector<T> factors_;         // empty where T is double
    std::vector<T> whitened_means_;  // likewise
    std::vector<char> near_;
    std::vector<double> moved_;
    Points<T> moved_means_;
    std::vector<T> offsets_;
};

/// The model in single precision for data in single precision, unless that would lose more than the rounding of the
/// data itself does: nothing when its numbers leave the safe range or features are so correlated that distances are
/// small differences of large numbers.
std::optional<Model<float>> narrow(const Scorer& scorer, Scalar data);

/// A row whose log density less the base is below this is so far from every component that single precision could not
/// tell them apart.
inline constexpr double farthest_narrow = -1e4;

/// What is kept of distances besides log densities.
enum class Keeps { nothing, squares };

/// One worker's storage for the distances of one tile.
template <class T>
class Densities {
public:
    Densities(const Model<T>& model, Index tile_rows, const kernels::Table& table, Keeps keeps = Keeps::nothing);

    /// out[k * rows.stride() + i], shape (K, tile rows): the log densities less `model.base`. On the way the rows of
    /// the next tile are brought near.
    void compute(const TileBuffer<T>& rows, T* out);

    /// Those of component k for some groups of rows; not for a shared whitening, and a cutoff for a full one alone.
    void compute(const kernels::Tile<T>& tile, kernels::Groups groups, Index k, T* out, kernels::Cutoff<T> cutoff = {});

    /// || x_i - mean_k ||^2 of the tile last computed, where they are kept and the whitening is scalar; else null.
    const T* squares(Index k) const noexcept { return squares_.size() > 0 ? squares_.data() + k * stride_ : nullptr; }

private:
    const Model<T>& model_;
    const kernels::Kernels<T>& kernels_;
    linalg::AlignedBuffer<T> centred_;
    linalg::AlignedBuffer<T> whitened_;
    linalg::AlignedBuffer<T> squares_;
    Index stride_;
    parallel::Pace pace_;
};

extern template class Points<double>;
extern template class Points<float>;
extern template class Model<double>;
extern template class Model<float>;
extern template class Densities<double>;
extern template class Densities<float>;

}  // namespace gaussmix::rows
