/// The kernels as a table of functions: what the layers above call, whatever the instruction set.
/// Kernels take pointers and sizes, allocate nothing, throw nothing. Alignment to 64 bytes is faster, not required.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gaussmix::kernels {

/// Some rows of the caller's matrix as T.
template <class T>
struct Tile {
    const T* columns;      ///< [j * stride + i]: feature j of row i; rows in the vector lanes
    const T* const* rows;  ///< [i][j]: the same row by row, wherever each lies; for scatters of many features
    std::int64_t n_rows;   ///< rows to compute on, a multiple of `row_block`; the last ones may be copies
    std::int64_t n_features;
    std::int64_t stride;  ///< of `columns`

    const T* statistics = nullptr;  ///< if rows were centred: the output of the kernel of that name, then a column of 1
};

/// Which rows of a tile to compute on: all of them, or some groups of `group_rows<T>` rows, in order.
struct Groups {
    const std::int32_t* first = nullptr;  ///< where each group starts; null: all rows
    std::int64_t n = 0;

    bool none() const { return first != nullptr && n == 0; }
};

/// Lists of groups for each component k, which can grow: n[k] groups from first[k * stride] on.
struct GroupLists {
    std::int32_t* first;
    std::int64_t stride;
    std::int64_t* n;
};

/// Some of the components, in ascending order.
struct Components {
    const std::int32_t* index = nullptr;  ///< null: 0 ... n-1
    std::int64_t n = 0;
};

/// The squares of a row's features: each, or their sum.
enum class Squares : std::uint8_t { each, summed };

/// Returns the number of statistics: features, squares, and 1.
constexpr std::int64_t n_statistics(std::int64_t n_features, Squares kind) noexcept {
    return n_features + (kind == Squares::each ? n_features : 1) + 1;
}

/// For some rows, (n_rows,) each: log sum_k exp(...) = best + log(sum), where best is the largest exponent and sum is
/// in [1, K]. The logarithm is computed only if values for single rows are needed: `log_likelihood` needs fewer
/// logarithms.
template <class T>
struct LogSums {
    T* best;
    T* sum;

    LogSums from(std::int64_t row) const { return {best + row, sum + row}; }
};

/// For some rows, (n_rows,) each; values that do not fit are clipped.
struct Labels {
    std::uint16_t* best;
    std::uint8_t* near;
    std::uint8_t* level;
};

/// A point in feature space, (d,) each: high + low, where low is the remainder of rounding to float. For doubles, low
/// is not read and may be null.
template <class T>
struct Point {
    const T* high;
    const T* low;
};

/// Log densities that need not be exact: those below best[i] + floor become that number, so that distances that are
/// surely beyond it stay unfinished. best null: none.
template <class T>
struct Cutoff {
    const T* best;
    T floor;
};

/// What each component says of some features, given others: mean + sum_j slope_j (x_j - centre_j).
struct Regressions {
    const double* means;        ///< (K, m)
    const double* centres;      ///< (K, g)
    const double* slopes;       ///< [k * slope_stride + j * m + t]
    std::int64_t slope_stride;  ///< 0: all components have the same
    std::int64_t n_components;
    std::int64_t n_targets;  ///< m
};

/// The kernels that compute in T. Sums over many rows are doubles in any case: each call adds its tile's to them.
template <class T>
struct Kernels {
    std::int64_t row_block;  ///< `Tile::n_rows` is a multiple of this
    std::int64_t max_block;  ///< scratch rows of `log_density_full`, `whiten` and `turn`

    /// columns[j * stride + i] = rows[i * row_stride + j], j < n_features.
    void (*pack)(const T* rows, std::ptrdiff_t row_stride, std::int64_t n_rows, std::int64_t n_features,
                 std::int64_t stride, T* columns) noexcept;

    /// columns[j * stride + i] = rows[i][j].
    void (*pack_scattered)(const T* const* rows, std::int64_t n_rows, std::int64_t n_features, std::int64_t stride,
                           T* columns) noexcept;

    /// out[i] = constant - 1/2 || W (x_i - mean) ||^2, W packed as in layout.hpp. scratch: padded d * max_block.
    void (*log_density_full)(const Tile<T>& tile, Groups groups, Point<T> mean, const T* factor, T constant,
                             Cutoff<T> cutoff, T* scratch, T* out) noexcept;

    /// out[i] = constant - 1/2 sum_j (scale_j (x_ij - mean_j))^2.
    void (*log_density_diagonal)(const Tile<T>& tile, Groups groups, Point<T> mean, const T* scale, T constant,
                                 T* out) noexcept;

    /// out[i] = constant - 1/2 sum_j (scale_j x_ij + offset_j)^2: fewer operations, for means near the origin.
    void (*log_density_affine)(const Tile<T>& tile, Groups groups, const T* scale, const T* offset, T constant,
                               T* out) noexcept;

    /// squares[i] = || x_i - mean ||^2, which may be null, out[i] = constant - 1/2 scale^2 squares[i].
    void (*log_density_scalar)(const Tile<T>& tile, Groups groups, Point<T> mean, T scale, T constant, T* squares,
                               T* out) noexcept;

    /// out[i] = constant - 1/2 || x_i - mean ||^2.
    void (*log_density_unit)(const Tile<T>& tile, const T* mean, T constant, T* out) noexcept;

    /// out[j * stride + i] = (W (x_i - mean))_j for j < d. scratch as above.
    void (*whiten)(const Tile<T>& tile, Point<T> mean, const T* factor, T* scratch, T* out) noexcept;

    /// out[j * stride + i] = (M (x_i - centre))_j for j < d and a matrix in panels (turn_index). scratch as above.
    void (*turn)(const Tile<T>& tile, Point<T> centre, const T* matrix, T* scratch, T* out) noexcept;

    /// In: r[k * stride + i] = log pi_k N(x_i; k). Out: r = weight_i p(k | x_i) and, in its parts, log sum_k exp(in). A
    /// component counts as impossible if its number is below the best one by more than -floor[k], which must leave
    /// normal numbers; floor null: only if it must.
    void (*responsibilities)(T* r, std::int64_t n_rows, Components components, std::int64_t stride, const T* floor,
                             const T* weight, LogSums<T> rows) noexcept;

    /// Gives all of a row's weight to its first best component: sums of 1.
    void (*assign)(T* r, std::int64_t n_rows, Components components, std::int64_t stride, const T* floor,
                   const T* weight, LogSums<T> rows) noexcept;

    /// Sets value[i] = max_k r[k * stride + i], and owner[i] to the place in `components` of the first that has it.
    void (*top)(const T* r, std::int64_t n_rows, Components components, std::int64_t stride, T* value,
                T* owner) noexcept;

    /// out[i] = best[i] + log(sum[i]).
    void (*log_sum_exp)(LogSums<T> rows, std::int64_t n_rows, double* out) noexcept;

    /// sum_i weight_i (best_i + log(sum_i)), in an order that depends on n_rows and the weights alone.
    double (*log_likelihood)(const double* weight, LogSums<T> rows, std::int64_t n_rows) noexcept;

    /// Computes what to sort rows by from log densities: best[i] is the component of the largest r[k * stride + i], the
    /// first of equal ones; level[i] is constants[best[i]] - r there, minus `typical`, in half nats around 128; near[i]
    /// shows which others are at most allowances[k] below the best: bit k % 8 for component k, in a Gray code, in which
    /// sets that differ in one bit are neighbours.
    void (*label)(const T* r, std::int64_t n_rows, Components components, std::int64_t stride, const T* constants,
                  const T* allowances, T typical, Labels to) noexcept;

    /// Returns how many r[k * stride + i] are not zero, for n_rows from `start`; adds their groups to `lists`.
    std::int64_t (*count)(const T* r, std::int64_t start, std::int64_t n_rows, Components components,
                          std::int64_t stride, GroupLists lists) noexcept;

    /// min_i max_k r[k * stride + i].
    T (*least_best)(const T* r, std::int64_t n_rows, Components components, std::int64_t stride) noexcept;

    /// bounds[k] = a lower bound, in units of `bound_unit`, on min_i sqrt(2 (constants[k] - r[k * stride + i])), r the
    /// log densities of a group of rows.
    void (*record)(const T* r, std::int64_t n_rows, Components components, std::int64_t stride, const T* constants,
                   std::int16_t* bounds) noexcept;

    /// weight += sum_i r_i,  first[j] += sum_i r_i z_ij,  scatter[row j, column l <= j] += sum_i r_i z_ij z_il,
    /// z_i = x_i - mean; `scatter` laid out as in layout.hpp, `first` padded to whole `lanes`.
    /// scratch: scatter_scratch(n_rows, n_features) of layout.hpp.
    /// Only `groups` count.
    void (*scatter_full)(const Tile<T>& tile, Groups groups, Point<T> mean, const T* r, double* weight, double* first,
                         double* scatter, T* scratch) noexcept;

    /// Does the same for the diagonal, scatter[j] += sum_i r_i z_ij^2.
    void (*scatter_diagonal)(const Tile<T>& tile, Groups groups, Point<T> mean, const T* r, double* weight,
                             double* first, double* scatter) noexcept;

    /// Does the same with known squared distances to the mean: scatter += sum_i r_i squares_i.
    void (*scatter_trace)(const Tile<T>& tile, Groups groups, Point<T> mean, const T* r, const T* squares,
                          double* weight, double* first, double* scatter) noexcept;

    /// Does the same without a scatter.
    void (*first_moment)(const Tile<T>& tile, Groups groups, Point<T> mean, const T* r, double* weight,
                         double* first) noexcept;

    /// statistics[j * stride + i] = z_ij = x_ij - point_j for j < d, and after them z_ij^2 of each feature, or their
    /// sum.
    void (*centre)(const Tile<T>& tile, Point<T> point, Squares kind, T* statistics) noexcept;

    /// sums[k * sums_stride + j] += sum_i r[k * stride + i] statistics[j * stride + i].
    void (*weighted_sums)(const T* r, Components components, const T* statistics, std::int64_t n_statistics,
                          std::int64_t stride, std::int64_t n_rows, double* sums, std::int64_t sums_stride) noexcept;

    /// Does the same for one component, sums[j] += sum_i r[i] statistics[j * stride + i], over listed groups alone.
    void (*weighted_sums_of_groups)(const Tile<T>& tile, Groups groups, const T* r, std::int64_t n_statistics,
                                    double* sums) noexcept;
};

struct Table {
    const char* name;  ///< of the instruction set
    Kernels<double> f64;
    Kernels<float> f32;

    /// bounds[k] = scale[k] bounds[k] - shift[k], rounded down; bit k % 8 of needed[k / 8] is set unless the distance
    /// that bounds[k] stands for has a square above reach[k] - worst. n_components is a multiple of `bounds_block`.
    void (*screen)(std::int16_t* bounds, std::int64_t n_components, const float* scale, const float* shift,
                   const float* reach, float worst, std::uint8_t* needed) noexcept;

    /// sum_i a_i, in an order that depends on n_rows, a multiple of 8, alone.
    double (*sum)(const double* a, std::int64_t n_rows) noexcept;

    /// Returns whether all a_i, whole vectors of them, are finite.
    bool (*is_finite)(const double* a, std::int64_t n) noexcept;

    /// Finds the least and the largest a_i, none NaN, of whole vectors of them.
    void (*extremes)(const double* a, std::int64_t n, double* least_of, double* largest_of) noexcept;

    /// y_i += a x_i.
    void (*axpy)(double a, const double* x, double* y, std::int64_t n) noexcept;

    /// A step of A = U^T U, a packed upper triangle: turns rows [first, first + factor_block) of A into those of U,
    /// once all rows above are done and subtracted. Returns false, with A overwritten, if A is not positive definite to
    /// working precision.
    bool (*factor_rows)(double* a, std::int64_t d, std::int64_t first) noexcept;

    /// Subtracts the products of these rows of U from the rows below, in columns [column, column + factor_strip).
    void (*subtract_strip)(double* a, std::int64_t d, std::int64_t first, std::int64_t column) noexcept;

    /// Computes rows [first, first + panel) of the inverse of U^T, a packed factor, once all rows above are done.
    void (*invert_rows)(const double* u, std::int64_t d, std::int64_t first, double* inverse) noexcept;

    /// products[c * panel + r] = sum_{j < n} rows[j * panel + r] matrix[c * stride + j] for n_rows rows c of a matrix,
    /// `product_strip` of them at most, and a panel of a packed factor: the same bits on every instruction set.
    void (*multiply_strip)(const double* rows, std::int64_t n, const double* matrix, std::int64_t stride,
                           std::int64_t n_rows, double* products) noexcept;

    /// The Cholesky factors L of matrices of a block of `components_block` components, packed lower triangles of which
    /// entry e of component l is a[e * components_block + l], and 1 / L_ii, (d, components_block). Returns false, with
    /// a overwritten, if one is not positive definite to working precision.
    bool (*factor_components)(double* a, std::int64_t d, double* inverse_diagonal) noexcept;

    /// For factors of matrices whose first q features are seen: `inverse` = L_qq^-1, packed; `slopes` = B = Sigma_mq
    /// Sigma_qq^-1, (m, q), by which the others follow from them; `spread` = Sigma_mm - B Sigma_qm, packed.
    void (*condition_components)(const double* root, const double* inverse_diagonal, std::int64_t d, std::int64_t q,
                                 double* inverse, double* slopes, double* spread) noexcept;

    /// Completes sums n (1,), s (q,), S (q, q) over rows of which q features are seen by their expectations: B s, B S
    /// (m, q) and B S B^T + n spread, packed.
    void (*complete_components)(const double* slopes, const double* spread, const double* weight, const double* first,
                                const double* scatter, std::int64_t q, std::int64_t m, double* first_of_rest,
                                double* cross, double* rest) noexcept;

    /// out[t * stride + i] = sum_k share_k mean_kt(x_i) / sum_k share_k, with the shares of row i, which may be all but
    /// zero, at [k * stride + i].
    void (*average_regressions)(const Tile<double>& tile, const double* shares, const Regressions& regressions,
                                double* out) noexcept;

    /// One sweep of Jacobi's rotations: turns each pair of axes of symmetric matrices (d, d, components_block), of
    /// which only the upper triangles are read and written, and the axes, rows of (d, d, components_block), with them.
    /// No number is larger than 1. Returns whether any was turned.
    bool (*turn_components)(double* matrices, std::int64_t d, double* axes) noexcept;

    /// Returns the kernels that compute in T.
    template <class T>
    const Kernels<T>& kernels() const noexcept;
};

template <>
inline const Kernels<double>& Table::kernels<double>() const noexcept {
    return f64;
}
template <>
inline const Kernels<float>& Table::kernels<float>() const noexcept {
    return f32;
}

}  // namespace gaussmix::kernels
