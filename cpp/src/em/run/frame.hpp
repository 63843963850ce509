/// The neighbourhood of a mixture in coordinates in which an EM step is nearly the gradient of EM's objective: in them,
/// quasi-Newton methods use EM's own metric (Jamshidian and Jennrich 1997, section 3, precondition by it).
///
/// About (pi, mu, Sigma = L L^T) the coordinates (a, b, A) of a mixture are
///   pi'  proportional to  pi exp(a / sqrt(pi)),   mu' = mu + L b / sqrt(pi),   L' = L T,
///   T_ij = A_ij / sqrt(pi) for i > j,   T_ii = exp(A_ii / sqrt(2 pi)),
/// the weight of a background among pi; without sqrt(pi) where one Sigma is shared; of a diagonal Sigma A has the
/// logarithms of the deviations alone, of a spherical one a single number, over sqrt(2 d pi).
#pragma once

#include <optional>
#include <vector>

#include "em/mstep/estimator.hpp"
#include "em/mstep/known.hpp"
#include "families/family.hpp"
#include "rows/context.hpp"

namespace gaussmix::em {

class Frame {
public:
    /// The mixture must have positive weights and positive definite covariances. In what is fixed no coordinate moves.
    Frame(Parameters centre, const Known& known, const kernels::Table& table);

    /// Returns the gradient of the mean objective per row at the centre, from the EM step that a pass there gave.
    std::vector<double> gradient(const Parameters& step, const Shares& shares) const;
    /// Returns the coordinates of a mixture; nothing if one of its covariances is not positive definite.
    std::optional<std::vector<double>> encode(const Parameters& other) const;
    /// Returns the mixture at `scale` times some coordinates.
    Parameters decode(const std::vector<double>& coordinates, double scale) const;

private:
    Index n_covariances() const noexcept;
    double covariance_share(Index k) const noexcept;
    std::vector<double> whitened_step(const Parameters& to, Index k) const;
    void hold_fixed(std::vector<double>& coordinates) const;
    void share_free(std::vector<double>& weights) const;

    const kernels::Table& table_;
    const Known* known_;
    Parameters centre_;
    const families::Family& family_;
    std::vector<double> roots_;  // as `Family::root` writes them, one after another
};

}  // namespace gaussmix::em
