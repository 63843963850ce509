/// What a whitening is: L^-1 in || L^-1 (x - mu) ||, kept in one of a few forms. Each form has a file, which owns all
/// that depends on it.
#pragma once

#include <vector>

#include "kernels/table.hpp"
#include "parallel/parallel.hpp"
#include "whitening/scorer.hpp"

namespace gaussmix::whitening {

template <class T>
class Model;

/// The log-densities of some rows under one component, and where they go.
template <class T>
struct Job {
    const Model<T>& model;
    const kernels::Kernels<T>& kernels;
    const kernels::Tile<T>& tile;  ///< as `Form::whiten_tile` left it
    kernels::Groups groups;        ///< of its rows
    Index k;
    kernels::Cutoff<T> cutoff;  ///< only where `Form::can_cut`
    T* squares;                 ///< room for || x - mu ||^2 where the form computes it, or null
    T* work;                    ///< `Form::work_size` numbers
    T* out;
};

/// A mixture as bounds on its distances are taken from it to the next one.
struct Before {
    const std::vector<double>& factors;
    const std::vector<double>* covariances;  ///< (K, d, d), where `Form::drifts_by_covariances`
};

/// How to search for the scale of a component's drift: from where the last search ended, and whether at all.
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

    /// Whether features are whitened one by one, without correlations.
    virtual bool is_separable() const noexcept = 0;
    /// Whether all components have one factor in common.
    virtual bool is_shared() const noexcept { return false; }
    /// Whether one number serves all features.
    virtual bool is_uniform() const noexcept { return false; }
    /// Whether a distance costs so much, d^2 operations, that bounds on it and a part of it are worth having.
    virtual bool can_cut() const noexcept { return false; }
    /// The share of pairs of a row and a component that may count for pruning to pay: a distance must cost more than
    /// the comparison that saves it, and a group of rows needs more than each of its rows does. Zero where it never
    /// pays.
    virtual double most_kept(Index n_components, Index n_features) const noexcept = 0;

    /// The number of factors of K components.
    Index n_factors(Index n_components) const noexcept { return is_shared() ? 1 : n_components; }
    /// The number of doubles of a factor, in the kernels' packing.
    virtual Index factor_size(Index n_features) const noexcept = 0;
    /// Where the factor of feature j with itself stands in it.
    virtual Index diagonal_at(Index j) const noexcept = 0;
    /// The number of doubles of a square root R of a covariance, Sigma = R^T R: a packed upper triangle, or d standard
    /// deviations.
    virtual Index root_size(Index n_features) const noexcept = 0;

    /// Inverts a square root into a factor. Returns the logarithm of the root's determinant.
    virtual double invert(const double* root, Index n_features, const kernels::Table& table, double* factor) const = 0;
    /// Completes a scorer whose means, weights, factors and constants are set.
    virtual void complete(ScorerNumbers&) const {}
    /// Throws Error(invalid_argument) unless the scorer's arrays have the sizes of this form.
    virtual void check_sizes(const ScorerNumbers& scorer) const;

    /// L^-1 step, (d,).
    virtual void apply(const double* factor, Index n_features, const double* step, double* out) const noexcept = 0;
    /// || L^-1 step ||^2.
    virtual double squared_length(const double* factor, Index n_features, const double* step) const noexcept = 0;
    /// tr(L^-1 diag(v) L^-T) of some v (d,).
    virtual double trace_of_diagonal(const double* factor, Index n_features, const double* v) const noexcept = 0;
    /// tr(L^-1 S L^-T) of a matrix in the shape that a prior's covariance has: (d, d), symmetric; (d,), diagonal; (1,),
    /// its trace.
    virtual double trace_of(const double* factor, Index n_features, const std::vector<double>& matrix,
                            const kernels::Table& table, int n_threads, const parallel::Poll& poll) const = 0;
    /// log |Sigma|.
    double log_determinant(const double* factor, Index n_features) const noexcept;

    /// Whether numbers as floats keep what distances need: in the range of their squares, and features not so
    /// correlated that distances are small differences of large numbers.
    virtual bool is_narrow(const double* factor, Index n_features) const noexcept = 0;

    /// The numbers that a worker's log-densities need room for.
    virtual Index work_size(Index, Index) const noexcept { return 0; }
    virtual Index whitened_size(Index, Index) const noexcept { return 0; }
    /// Whether squared distances to the means are a step on the way to log-densities.
    virtual bool has_squares() const noexcept { return false; }
    /// The work of a row and a component, in flops, about.
    virtual Index flops(Index n_features) const noexcept { return factor_size(n_features); }
    /// What an iteration of EM spends on a row, roughly; the exponential counts like ten features.
    virtual double flops_of_row(Index n_components, Index n_features) const noexcept = 0;
    /// Once for a tile, before its log-densities: the tile to take these of.
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

    /// Whether `kept_scale` reads covariances rather than factors.
    bool drifts_by_covariances() const noexcept { return !is_separable(); }
    /// Some s with Sigma - s^2 Sigma' positive semidefinite, so that || L'^-1 y || >= s || L^-1 y || for every y, where
    /// Sigma was before and Sigma' is after. Zero where none is found.
    virtual double kept_scale(const Before& before, const Before& after, Index k, Index n_features,
                              Search search) const = 0;
};

extern const Form& scalar;
extern const Form& diagonal;
extern const Form& full;
extern const Form& shared;

/// The form of that kind. Throws Error(invalid_argument) if there is none.
const Form& of(Whitening kind);
inline const Form& of(const ScorerNumbers& scorer) { return of(scorer.whitening); }

/// The factor of component k.
const double* factor_of(const ScorerNumbers& scorer, Index k);

/// || L_k^-1 step ||^2 of a step (d,) in feature space.
double squared_length(const ScorerNumbers& scorer, Index k, const double* step);

/// log |Sigma_k|.
double log_determinant(const ScorerNumbers& scorer, Index k);

/// The largest || L^-1 (mu_k - centre) || of a shared whitening.
double farthest_mean(const ScorerNumbers& scorer);

/// The diagonals of the covariances of a full whitening, (K, d).
std::vector<double> variances(const ScorerNumbers& scorer, const kernels::Table& table, int n_threads,
                              const parallel::Poll& poll);

/// The same components with such variances and no correlations.
ScorerNumbers uncorrelated(const ScorerNumbers& scorer, const std::vector<double>& variances);

}  // namespace gaussmix::whitening
