#include "em/pruning/drift.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "families/prepare.hpp"
#include "linalg/triangular.hpp"
#include "rows/density.hpp"

namespace gaussmix::em {
namespace {

constexpr double first_gap = 0.1;
constexpr int most_trials = 5;
constexpr double step = 3;  // from one trial to the next, as a factor
constexpr double largest_gap = 8;
constexpr double fine_gap = 1e-3;  // loses about as little of a distance as a bound's rounding does: not worth a trial

double separable_scale(const Scorer& before, const Scorer& after, Index k) {
    const auto size = static_cast<Index>(after.factors.size()) / after.n_components;
    double scale = std::numeric_limits<double>::infinity();
    for (Index j = k * size; j < (k + 1) * size; ++j) {
        const double from = before.factors[static_cast<std::size_t>(j)];
        const double to = after.factors[static_cast<std::size_t>(j)];
        if (from != 0 || to != 0) scale = std::min(scale, to / from);
    }
    return std::isfinite(scale) ? scale : 0;
}

/// Whether before - ratio * after is positive semidefinite, beyond doubt. A factorisation that succeeds is one of
/// A + E with |E_ij| <= gamma_{d+2} sqrt(a_ii a_jj) to first order (Higham 2002, theorem 10.3 and eq. 10.6; one
/// rounding more for the reciprocal root), so A + d gamma_{d+2} diag(A) is positive semidefinite. That is d (d + 2) / 2
/// epsilon of the diagonal; the roundings of A's entries and of the ratio take 3 d epsilon at most.
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
    std::vector<double> work(static_cast<std::size_t>(linalg::packed_size(d)));
    // From where the last search ended, down while the trials succeed, else up until one does.
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

/// s from norms alone, zero where they show nothing: with Sigma' = L' L'^T, Sigma - s^2 Sigma' is positive semidefinite
/// if s^2 <= 1 - || L'^-1 (Sigma - Sigma') L'^-T ||, where the norm is at most that of L'^-1 squared by that of the
/// difference (Frobenius norms, in units of the standard deviations of Sigma').
double scale_from_norms(const double* before, const double* after, const double* factor, Index d) {
    constexpr double rounding = 4;  // of the factor, whose correlations are surely not singular
    std::vector<double> variances(static_cast<std::size_t>(d));
    for (Index j = 0; j < d; ++j) variances[static_cast<std::size_t>(j)] = after[j * d + j];
    double square = 0;
    for (Index i = 0; i < d; ++i) {
        double row = 0;
        for (Index j = 0; j <= i; ++j) {
            const double change = before[i * d + j] - after[i * d + j];
            row += change * change / variances[static_cast<std::size_t>(j)];
        }
        square += 2 * row / variances[static_cast<std::size_t>(i)];
    }
    const double change = rounding * families::trace_about(factor, d, variances.data()) * std::sqrt(square);
    return change < 1 ? std::sqrt(1 - change) : 0;
}

/// || L'^-1 (mu' - mu) ||.
double shift(const Scorer& before, const Scorer& after, Index k) {
    const Index d = after.n_features;
    std::vector<double> moved(static_cast<std::size_t>(d));
    for (Index j = 0; j < d; ++j) {
        const auto at = static_cast<std::size_t>(k * d + j);
        moved[static_cast<std::size_t>(j)] = after.means[at] - before.means[at];
    }
    return std::sqrt(families::squared_length(after, k, moved.data()));
}

}  // namespace

std::vector<Drift> drift(const Placed& before, const Placed& after, std::vector<double>& gaps,
                         const rows::Context& context) {
    const Scorer& scorer = *after.scorer;
    const Index d = scorer.n_features;
    std::vector<Drift> result(static_cast<std::size_t>(scorer.n_components));
    const auto find = [&](Index k, const parallel::Worker&) {
        Drift& own = result[static_cast<std::size_t>(k)];
        if (rows::is_separable(scorer.whitening)) {
            own.scale = separable_scale(*before.scorer, scorer, k);
        } else {
            const double* from = before.covariances->data() + k * d * d;
            const double* to = after.covariances->data() + k * d * d;
            own.scale = scale_from_norms(from, to, families::factor_of(scorer, k), d);
            if (!gaps.empty() && own.scale < 1 - fine_gap / 2) {
                own.scale = full_scale(from, to, d, gaps[static_cast<std::size_t>(k)], context.table);
            }
        }
        own.shift = shift(*before.scorer, scorer, k);
        if (!std::isfinite(own.shift)) own = {};
    };
    constexpr double least_parallel_flops = 4e6;
    const double flops = static_cast<double>(scorer.n_components) * static_cast<double>(d * d) * static_cast<double>(d);
    parallel::parallel_for(scorer.n_components, flops > least_parallel_flops ? context.n_threads : 1, context.poll,
                           find);
    return result;
}

}  // namespace gaussmix::em
