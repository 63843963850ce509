#include "whitening/triangular.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "linalg/log_product.hpp"
#include "linalg/triangular.hpp"

namespace gaussmix::whitening {
namespace {

/// Returns max_j sum_c |W_jc| / W_cc, by which the whitening W may amplify the rounding of a row; NaN if a number on
/// the diagonal leaves the range that is safe for squares of floats.
double amplification(const double* factor, Index d) noexcept {
    constexpr double limit = 1e12;
    double result = 0;
    for (Index j = 0; j < d; ++j) {
        const double own = factor[kernels::packed_factor_index(j, j)];
        if (!(own <= limit && own >= 1 / limit)) return std::numeric_limits<double>::quiet_NaN();
        double sum = 0;
        for (Index c = 0; c <= j; ++c) {
            sum += std::abs(factor[kernels::packed_factor_index(j, c)]) / factor[kernels::packed_factor_index(c, c)];
        }
        result = std::max(result, sum);
    }
    return result;
}

/// Returns row i of a packed factor W times a vector.
double row_times(const double* factor, Index i, const double* step) noexcept {
    double sum = 0;
    for (Index j = 0; j <= i; ++j) sum += factor[kernels::packed_factor_index(i, j)] * step[j];
    return sum;
}

/// Returns tr(W diag(v) W^T) for a packed factor W and v (d,).
double trace_about(const double* factor, Index d, const double* v) noexcept {
    double traces[kernels::panel] = {};
    for (Index first = 0; first < d; first += kernels::panel) {
        const double* rows = factor + kernels::packed_factor_index(first, 0);
        for (Index j = 0; j < std::min(first + kernels::panel, d); ++j, rows += kernels::panel) {
            for (Index r = 0; r < kernels::panel; ++r) traces[r] += rows[r] * rows[r] * v[j];
        }
    }
    return (traces[0] + traces[1]) + (traces[2] + traces[3]);
}

constexpr double first_gap = 0.1;
constexpr int most_trials = 5;
constexpr double step = 3;  // from one trial to the next, as a factor
constexpr double largest_gap = 8;
constexpr double fine_gap =
    1e-3;  // costs a distance about as little as the rounding of a bound does: not worth a trial

/// Returns whether before - ratio * after is surely positive semidefinite. A factorisation that succeeds is one of A +
/// E with |E_ij| <= gamma_{d+2} sqrt(a_ii a_jj) to first order (Higham 2002, theorem 10.3 and eq. 10.6; one rounding
/// more for the reciprocal root), so A + d gamma_{d+2} diag(A) is positive semidefinite. That is d (d + 2) / 2 epsilon
/// of the diagonal; rounding of A's entries and of the ratio adds at most 3 d epsilon.
bool dominates(const double* before, double ratio, const double* after, Index d, const kernels::Table& table,
               std::vector<double>& work) {
    const double margin = static_cast<double>(d * (d + 8)) / 2 * std::numeric_limits<double>::epsilon();
    for (Index i = 0; i < d; ++i) {
        double* row = work.data() + linalg::upper_index(i, i, d);
        for (Index j = i; j < d; ++j) row[j - i] = before[i * d + j] - ratio * after[i * d + j];
        row[0] -= margin * (before[i * d + i] + ratio * after[i * d + i]);
    }
    return linalg::cholesky(work.data(), d, table);
}

double full_scale(const double* before, const double* after, Index d, double& gap, const kernels::Table& table) {
    double limit = std::numeric_limits<double>::infinity();
    for (Index j = 0; j < d; ++j) limit = std::min(limit, std::log(before[j * d + j] / after[j * d + j]));
    if (!std::isfinite(limit)) return 0;
    std::vector<double> work(linalg::packed_size(d));
    // Starts where the last search ended; goes down while trials succeed, otherwise up until one does.
    double trial = gap > 0 ? gap : first_gap;
    double found = 0;
    for (int t = 0; t < most_trials && trial < largest_gap; ++t) {
        const bool success = dominates(before, std::exp(limit - trial), after, d, table, work);
        if (!success && found > 0) break;
        if (success) {
            const bool went_up = t > 0 && found == 0;
            found = trial;
            if (went_up || found <= fine_gap) break;
        }
        trial *= success ? 1 / step : step;
    }
    gap = found > 0 ? found : first_gap;
    return found > 0 ? std::exp((limit - found) / 2) : 0;
}

/// Returns s from norms alone, zero if they show nothing: with Sigma' = L' L'^T, Sigma - s^2 Sigma' is positive
/// semidefinite if s^2 <= 1 - || L'^-1 (Sigma - Sigma') L'^-T ||, and this norm is at most that of L'^-1 squared times
/// that of the difference (Frobenius norms, in units of the standard deviations of Sigma').
double scale_from_norms(const double* before, const double* after, const double* factor, Index d) {
    constexpr double rounding = 4;  // of the factor, whose correlations are surely not singular
    std::vector<double> variances(d);
    for (Index j = 0; j < d; ++j) variances[j] = after[j * d + j];
    double square = 0;
    for (Index i = 0; i < d; ++i) {
        double row = 0;
        for (Index j = 0; j <= i; ++j) {
            const double change = before[i * d + j] - after[i * d + j];
            row += change * change / variances[j];
        }
        square += 2 * row / variances[i];
    }
    const double change = rounding * trace_about(factor, d, variances.data()) * std::sqrt(square);
    return change < 1 ? std::sqrt(1 - change) : 0;
}

}  // namespace

Index Triangular::factor_size(Index n_features) const noexcept { return kernels::packed_factor_size(n_features); }

Index Triangular::diagonal_at(Index j) const noexcept { return kernels::packed_factor_index(j, j); }

Index Triangular::root_size(Index n_features) const noexcept { return linalg::packed_size(n_features); }

double Triangular::invert(const double* root, Index n_features, const kernels::Table& table, double* factor) const {
    linalg::invert_transposed(root, n_features, table, factor);
    linalg::LogProduct determinant;
    for (Index i = 0; i < n_features; ++i) determinant.multiply(root[linalg::upper_index(i, i, n_features)]);
    return determinant.value();
}

void Triangular::apply(const double* factor, Index n_features, const double* step, double* out) const noexcept {
    for (Index i = 0; i < n_features; ++i) out[i] = row_times(factor, i, step);
}

double Triangular::squared_length(const double* factor, Index n_features, const double* step) const noexcept {
    double square = 0;
    for (Index i = 0; i < n_features; ++i) {
        const double y = row_times(factor, i, step);
        square += y * y;
    }
    return square;
}

double Triangular::trace_of_diagonal(const double* factor, Index n_features, const double* v) const noexcept {
    return trace_about(factor, n_features, v);
}

double Triangular::trace_of(const double* factor, Index n_features, const std::vector<double>& matrix,
                            const kernels::Table& table, int n_threads, const parallel::Poll& poll) const {
    return linalg::trace_of_product(factor, matrix.data(), n_features, table, n_threads, poll);
}

bool Triangular::is_narrow(const double* factor, Index n_features) const noexcept {
    constexpr double most_amplification = 32;  // five of a float's twenty-four bits, ten in a scatter
    return amplification(factor, n_features) <= most_amplification;
}

double Triangular::kept_scale(const Before& before, const Before& after, Index k, Index n_features,
                              Search search) const {
    const Index d = n_features;
    const double* from = before.covariances->data() + k * d * d;
    const double* to = after.covariances->data() + k * d * d;
    const double scale = scale_from_norms(from, to, after.factors.data() + k * factor_size(d), d);
    if (search.gap == nullptr || scale >= 1 - fine_gap / 2) return scale;
    return full_scale(from, to, d, *search.gap, search.table);
}

Index Triangular::work_size(Index n_features, Index most_rows) const noexcept {
    return kernels::round_up(n_features, kernels::panel) * most_rows;
}

}  // namespace gaussmix::whitening
