/// Likelihoods and probabilities of rows: the E-step of the fit, with another use for what it computes.
#include "gaussmix/model.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/scored_tiles.hpp"

namespace gaussmix {

using model::checked_plan;
using model::for_each_scored_tile;

namespace {

double sum_of(const std::vector<double>& by_chunk) {
    double sum = 0;
    for (const double part : by_chunk) sum += part;
    return sum;
}

}  // namespace

void score_samples(const MatrixView& x, const Scorer& scorer, double* out, const Execution& execution) {
    const rows::Plan plan = checked_plan(x, scorer);
    for_each_scored_tile(x, scorer, execution, plan, [&](auto& worker, Index, Index first, Index n) {
        worker.normalise();
        for (Index i = 0; i < n; ++i) out[first + i] = worker.lse(i);
    });
}

double score(const MatrixView& x, WeightsView sample_weight, const Scorer& scorer, const Execution& execution) {
    const rows::Plan plan = checked_plan(x, scorer);
    rows::check(sample_weight, x.n_rows);
    std::vector<double> sums(static_cast<std::size_t>(plan.n_chunks));
    std::vector<double> weights(sums.size());
    for_each_scored_tile(x, scorer, execution, plan, [&](auto& worker, Index chunk, Index first, Index n) {
        worker.normalise();
        for (Index i = 0; i < n; ++i) {
            const double weight = sample_weight ? sample_weight.data[first + i] : 1.0;
            if (weight == 0) continue;
            sums[static_cast<std::size_t>(chunk)] += weight * worker.lse(i);
            weights[static_cast<std::size_t>(chunk)] += weight;
        }
    });
    return sum_of(sums) / sum_of(weights);
}

void predict_proba(const MatrixView& x, const Scorer& scorer, double* out, const Execution& execution) {
    const rows::Plan plan = checked_plan(x, scorer);
    const Index n_components = scorer.n_components;
    for_each_scored_tile(x, scorer, execution, plan, [&](auto& worker, Index, Index first, Index n) {
        worker.normalise();
        constexpr Index together = 8;  // rows: a cache line of each component's, and of few places written to
        for (Index begin = 0; begin < n; begin += together) {
            const Index end = std::min(begin + together, n);
            double sums[together] = {};  // those of single precision are 1 to its rounding alone
            for (Index k = 0; k < n_components; ++k) {
                for (Index i = begin; i < end; ++i) sums[i - begin] += static_cast<double>(worker.values(k)[i]);
            }
            for (Index k = 0; k < n_components; ++k) {
                const auto* values = worker.values(k);
                for (Index i = begin; i < end; ++i) {
                    out[(first + i) * n_components + k] = static_cast<double>(values[i]) / sums[i - begin];
                }
            }
        }
    });
}

Evidence evidence(const MatrixView& x, const Scorer& scorer, const Execution& execution) {
    const rows::Plan plan = checked_plan(x, scorer);
    std::vector<double> log_likelihood(static_cast<std::size_t>(plan.n_chunks));
    std::vector<double> log_top(log_likelihood.size());
    for_each_scored_tile(x, scorer, execution, plan, [&](auto& worker, Index chunk, Index, Index n) {
        worker.normalise();
        for (Index i = 0; i < n; ++i) {
            log_likelihood[static_cast<std::size_t>(chunk)] += worker.lse(i);
            log_top[static_cast<std::size_t>(chunk)] += std::log(worker.top_probability(i));
        }
    });
    return {x.n_rows, sum_of(log_likelihood), sum_of(log_top)};
}

Criteria criteria(const Evidence& evidence, Index n_parameters) noexcept {
    const auto p = static_cast<double>(n_parameters);
    Criteria found;
    found.bic = -2 * evidence.log_likelihood + p * std::log(static_cast<double>(evidence.n_rows));
    found.aic = -2 * evidence.log_likelihood + 2 * p;
    found.icl = found.bic - 2 * evidence.log_top_probability;
    return found;
}

}  // namespace gaussmix
