/// A whitening: L^-1 in || L^-1 (x - mu) ||, held in one of a few forms. Each form has a file that owns everything that
/// depends on it.
#pragma once

#include <vector>

#include "kernels/table.hpp"
#include "parallel/parallel.hpp"
#include "whitening/scorer.hpp"

namespace gaussmix::whitening {

template <class T>
class Model;

/// A request for the log-densities of some rows under one component.
template <class T>
struct Job {
    const Model<T>& model;
    const kernels::Kernels<T>& kernels;
    const kernels::Tile<T>& tile;
    kernels::Groups groups;  ///< of the tile's rows
    Index k;
    kernels::Cutoff<T> cutoff;  ///< only where `Form::can_cut`
    T* squares;                 ///< receives || x - mu ||^2 if the form computes it, or null
    T* work;                    ///< `Form::work_size` numbers
    T* out;
    bool is_whitened;  ///< whether the tile comes from `Form::whiten_tile`
};

/// A mixture before an M-step, whose bounds on distances are carried over to the mixture after it.
struct Before {
    const std::vector<double>& factors;
    const std::vector<double>* covariances;  ///< (K, d, d), where `Form::drifts_by_covariances`
};

/// How to search for the scale of a component's drift: where the last search ended, and whether to search at all.
struct Search {
    double* gap;  ///< ln s^2 below its upper limit; null: no search
    const kernels::Table& table;
};

class Form {
public:
    explicit constexpr Form(Whitening kind_) noexcept : kind(kind_) {}
    Form(const Form&) = delete;
    Form& operator=(const Form&) = delete;
    virtual ~Form() = default;

    const Whitening kind;

    /// Returns whether features are whitened one by one, without correlations.
    virtual bool is_separable() const noexcept = 0;
    /// Returns whether all components share one factor.
    virtual bool is_shared() const noexcept { return false; }
    /// Returns whether one number serves all features.
    virtual bool is_uniform() const noexcept { return false; }
    /// Returns whether a distance costs so much, d^2 operations, that bounds and unfinished distances pay.
    virtual bool can_cut() const noexcept { return false; }
    /// Returns the largest share of pairs that may count if pruning is to pay: a distance must cost more than the
    /// comparison that saves it, and a group must compute what any of its rows needs. Zero if it never pays.
    virtual double most_kept(Index n_components, Index n_features) const noexcept = 0;

    /// Returns the number of factors of K components.
    Index n_factors(Index n_components) const noexcept { return is_shared() ? 1 : n_components; }
    /// Returns the number of doubles in a factor, as kernels pack it.
    virtual Index factor_size(Index n_features) const noexcept = 0;
    /// Returns the index of diagonal entry j in a factor.
    virtual Index diagonal_at(Index j) const noexcept = 0;
    /// Returns the number of doubles in a square root R of a covariance, Sigma = R^T R: a packed upper triangle, or d
    /// standard deviations.
    virtual Index root_size(Index n_features) const noexcept = 0;

    /// Inverts a square root into a factor. Returns the logarithm of the root's determinant.
    virtual double invert(const double* root, Index n_features, const kernels::Table& table, double* factor) const = 0;
    /// Completes a scorer whose means, weights, factors and constants are set.
    virtual void complete(ScorerNumbers&) const {}
    /// Throws Error(invalid_argument) unless the scorer's arrays have the sizes of this form.
    virtual void check_sizes(const ScorerNumbers& scorer) const;

    /// Returns L^-1 step, (d,).
    virtual void apply(const double* factor, Index n_features, const double* step, double* out) const noexcept = 0;
    /// Returns || L^-1 step ||^2.
    virtual double squared_length(const double* factor, Index n_features, const double* step) const noexcept = 0;
    /// Returns tr(L^-1 diag(v) L^-T) for v (d,).
    virtual double trace_of_diagonal(const double* factor, Index n_features, const double* v) const noexcept = 0;
    /// Returns tr(L^-1 S L^-T) for a matrix in the shape of a prior's covariance: (d, d), symmetric; (d,), diagonal;
    /// (1,), its trace.
    virtual double trace_of(const double* factor, Index n_features, const std::vector<double>& matrix,
                            const kernels::Table& table, int n_threads, const parallel::Poll& poll) const = 0;
    /// Returns log |Sigma|.
    double log_determinant(const double* factor, Index n_features) const noexcept;

    /// Returns whether distances survive in floats: numbers stay in the range of their squares, and features are not so
    /// correlated that distances are small differences of large numbers.
    virtual bool is_narrow(const double* factor, Index n_features) const noexcept = 0;

    /// Returns how many numbers a worker's log-densities need as working space.
    virtual Index work_size(Index, Index) const noexcept { return 0; }
    virtual Index whitened_size(Index, Index) const noexcept { return 0; }
    /// Returns whether squared distances to the means are computed on the way to log-densities.
    virtual bool has_squares() const noexcept { return false; }
    /// Returns the work per row and component, in flops, roughly.
    virtual Index flops(Index n_features) const noexcept { return factor_size(n_features); }
    /// Returns the work of an EM iteration per row, roughly; an exponential counts as ten features.
    virtual double flops_of_row(Index n_components, Index n_features) const noexcept = 0;
    /// Returns the tile to compute log-densities of; called once per tile, before them.
    virtual kernels::Tile<double> whiten_tile(const Model<double>&, const kernels::Kernels<double>&,
                                              const kernels::Tile<double>& tile, double*, double*) const {
        return tile;
    }
    virtual kernels::Tile<float> whiten_tile(const Model<float>&, const kernels::Kernels<float>&,
                                             const kernels::Tile<float>& tile, float*, float*) const {
        return tile;
    }
    virtual void log_densities(const Job<double>& job) const = 0;
    virtual void log_densities(const Job<float>& job) const = 0;

    /// Returns whether `kept_scale` reads covariances rather than factors.
    bool drifts_by_covariances() const noexcept { return !is_separable(); }
    /// Returns some s for which Sigma - s^2 Sigma' is positive semidefinite, so that || L'^-1 y || >= s || L^-1 y ||
    /// for every y, where Sigma was before and Sigma' is after; zero if none is found.
    virtual double kept_scale(const Before& before, const Before& after, Index k, Index n_features,
                              Search search) const = 0;
};

extern const Form& scalar;
extern const Form& diagonal;
extern const Form& full;
extern const Form& shared;

/// Returns the form of that kind. Throws Error(invalid_argument) if there is none.
const Form& of(Whitening kind);
inline const Form& of(const ScorerNumbers& scorer) { return of(scorer.whitening); }

/// Returns the factor of component k.
const double* factor_of(const ScorerNumbers& scorer, Index k);

/// Returns || L_k^-1 step ||^2 for a step (d,) in feature space.
double squared_length(const ScorerNumbers& scorer, Index k, const double* step);

/// Returns log |Sigma_k|.
double log_determinant(const ScorerNumbers& scorer, Index k);

/// Returns sum_k pi_k mu_k over the components.
std::vector<double> centre_of(const ScorerNumbers& scorer);

/// Returns the largest || L^-1 (mu_k - centre) || of a shared whitening.
double farthest_mean(const ScorerNumbers& scorer);

/// Writes L, (d, d) row by row, for a packed factor L^-1.
void invert_factor(const double* factor, Index n_features, const kernels::Table& table, double* root);

/// Returns the diagonals of the covariances of a full whitening, (K, d).
std::vector<double> variances(const ScorerNumbers& scorer, const kernels::Table& table, int n_threads,
                              const parallel::Poll& poll);

/// Returns the scorer of the same components with these variances and no correlations.
ScorerNumbers uncorrelated(const ScorerNumbers& scorer, const std::vector<double>& variances);

}  // namespace gaussmix::whitening
