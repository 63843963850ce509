/// A scatter: the second moments of a component that an M-step needs, held in one of a few forms. Each form has a file
/// that owns everything that depends on it.
#pragma once

#include <cstddef>
#include <vector>

#include "gaussmix/moments.hpp"
#include "kernels/table.hpp"

namespace gaussmix::scatter {

/// A request to add the sums of a tile's rows for one component.
template <class T>
struct Job {
    const kernels::Kernels<T>& kernels;
    const kernels::Tile<T>& tile;
    kernels::Groups groups;  ///< where some responsibility is not zero
    kernels::Point<T> reference;
    const T* r;        ///< responsibilities times weights
    const T* squares;  ///< || x - reference ||^2, where `Form::needs_squares`
    T* work;
    double* weight;
    double* first;
    double* scatter;
};

/// What determines a covariance besides the scatter of the rows.
struct Estimate {
    double divisor;
    double share;                           ///< of the prior's covariance
    const std::vector<double>* covariance;  ///< the prior's, or null
    const std::vector<double>& ridge;       ///< (d,)
};

class Form {
public:
    explicit constexpr Form(Scatter kind_) noexcept : kind(kind_) {}
    Form(const Form&) = delete;
    Form& operator=(const Form&) = delete;
    virtual ~Form() = default;

    const Scatter kind;

    /// Returns whether all components share one scatter.
    virtual bool is_pooled() const noexcept { return false; }
    /// Returns whether it is a lower triangle, with the products of every two features.
    virtual bool is_triangular() const noexcept { return false; }
    /// Returns whether it consists of squares of single features.
    virtual bool is_separable() const noexcept { return false; }
    /// Returns whether the kernel takes squared distances that are known already.
    virtual bool needs_squares() const noexcept { return false; }
    /// Returns how many features each of its numbers sums over.
    virtual Index features_summed(Index) const noexcept { return 1; }
    /// Returns the statistics of a row that a separable form sums.
    virtual kernels::Squares squares() const noexcept { return kernels::Squares::each; }

    /// Returns the number of doubles in one component's part, or in the pooled one.
    virtual Index part_size(Index n_features) const noexcept = 0;
    Index size(Index n_components, Index n_features) const noexcept {
        return (is_pooled() ? 1 : n_components) * part_size(n_features);
    }
    /// Returns where the part of component k starts.
    Index offset(Index k, Index n_features) const noexcept { return is_pooled() ? 0 : k * part_size(n_features); }
    /// Returns the index of the square of feature j in a part.
    virtual Index diagonal_at(Index j) const noexcept = 0;

    /// Does part += factor step step^T.
    virtual void add_outer(double* part, Index n_features, double factor, const double* step) const noexcept = 0;
    /// Does part += precision gap gap^T + share covariance, a matrix in the shape of a prior's covariance.
    virtual void add_prior(double* part, const std::vector<double>& gap, double precision, double share,
                           const std::vector<double>& covariance) const noexcept = 0;
    /// Does part += sign (s c^T + c s^T + weight c c^T): moves a second moment whose first moment is s by c.
    virtual void add_shift(double* part, Index n_features, double sign, const double* s, const double* c,
                           double weight) const noexcept = 0;
    /// Returns a part in the shape of a prior's covariance: (1,), (d,) or (d, d).
    virtual std::vector<double> matrix(const double* part, Index n_features) const = 0;
    /// Returns log |Sigma| of the covariance that an M-step would compute from a part; where it is singular, the least
    /// that doubles reach.
    virtual double log_determinant(const std::vector<double>& part, const Estimate& estimate,
                                   const kernels::Table& table, std::vector<double>& work) const = 0;

    virtual void add_rows(const Job<double>& job) const = 0;
    virtual void add_rows(const Job<float>& job) const = 0;
};

/// The logarithm of about the smallest variance that doubles hold.
inline constexpr double log_of_nothing = -700;

extern const Form& none;
extern const Form& trace;
extern const Form& diagonal;
extern const Form& full;
extern const Form& pooled;

/// The number of kinds.
inline constexpr Index n_forms = static_cast<Index>(Scatter::pooled) + 1;

/// Returns the form of that kind. Throws Error(invalid_argument), naming the argument, if there is none.
const Form& of(Scatter kind, const char* argument = "scatter");
inline const Form& of(const Moments& moments) { return of(moments.scatter_kind, "the moments' scatter_kind"); }

}  // namespace gaussmix::scatter
