/// A mixture over the features that some rows have: its marginal, and how the others follow from them.
///
/// With Sigma = L L^T and the features that rows of a pattern have first, in order, L = [L_oo 0; L_mo L_mm]: the rows
/// of L_oo give the marginal, B = L_mo L_oo^-1 the regression of the others, L_mm L_mm^T what it leaves of their
/// spread. Eight components are factored at once (`kernels/marginals.hpp`).
#pragma once

#include <vector>

#include "linalg/aligned.hpp"
#include "rows/context.hpp"
#include "rows/patterns.hpp"
#include "whitening/scorer.hpp"

namespace gaussmix::missing {

/// What one pattern makes of a mixture. Numbers of components stand in blocks of `kernels::components_block`, as the
/// kernels have them.
struct Marginal {
    std::vector<Index> seen;                         ///< q features
    std::vector<Index> unseen;                       ///< the other m
    ScorerNumbers scorer;                            ///< over the q features; with constants alone if q = 0
    linalg::AlignedBuffer<double> root;              ///< per block: the factor of all features, these first
    linalg::AlignedBuffer<double> inverse_diagonal;  ///< per block: (d,)
    linalg::AlignedBuffer<double> inverse;           ///< per block: L_oo^-1, packed
    linalg::AlignedBuffer<double> slopes;            ///< per block: B, (m, q)
    linalg::AlignedBuffer<double> spread;            ///< per block: L_mm L_mm^T, packed
};

/// Throws Error(invalid_argument) if the mixture has a background of which only the volume is known, not its box.
void check(const ScorerNumbers& scorer);

/// A mixture whose marginals are asked for.
class Mixture {
public:
    /// The scorer must outlive it.
    Mixture(const ScorerNumbers& scorer, const rows::Context& context);

    /// Writes the marginal of a pattern, reusing its memory.
    void marginal(const rows::Patterns& patterns, Index pattern, Marginal& out) const;

    const ScorerNumbers& scorer() const noexcept { return scorer_; }
    Index n_blocks() const noexcept { return n_blocks_; }

    /// Returns whether features follow from each other; otherwise slopes are zero, and `spread` and `root` are not
    /// written.
    bool correlates() const noexcept { return !separable_; }
    /// Returns the variance of a feature in a component, where features do not correlate.
    double variance(Index k, Index feature) const noexcept;

private:
    double deviation(Index k, Index feature) const noexcept;
    void factor(Marginal& out, Index block) const;
    void factor_safely(const Marginal& marginal, Index k, double* root, double* inverse_diagonal) const;

    const ScorerNumbers& scorer_;
    const kernels::Table& table_;
    bool separable_;
    Index n_blocks_;
    linalg::AlignedBuffer<double> roots_;        // (K, d, d): L, row by row, zero above the diagonal
    linalg::AlignedBuffer<double> covariances_;  // per block: packed
};

}  // namespace gaussmix::missing
