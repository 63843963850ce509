/// Log-likelihoods and responsibilities of rows, by the E-step of the fit.
#include "gaussmix/scoring.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "gaussmix/error.hpp"
#include "model/scored_tiles.hpp"
#include "rows/allowed.hpp"
#include "text/invalid.hpp"
#include "text/number.hpp"

namespace gaussmix {

using model::checked_plan;
using model::for_each_judged_tile;

namespace {

/// The least sum of weights of several rows; weights that sum to less are shares.
constexpr double least_rows = 2;

double sum_of(const std::vector<double>& by_chunk) {
    double sum = 0;
    for (const double part : by_chunk) sum += part;
    return sum;
}

}  // namespace

void score_samples(const Scorer& scorer, const MatrixView& x, Output<double> out, const Execution& execution) {
    const rows::Plan plan = checked_plan(x, scorer.numbers());
    model::check_output(out, "out", x.n_rows);
    for_each_judged_tile(x, scorer.numbers(), execution, plan, estep::Finish::probabilities, [&](auto& tile, Index) {
        const double* log_densities = tile.log_densities();
        for (Index i = 0; i < tile.n(); ++i) out.data[tile.row(i)] = log_densities[i];
    });
}

std::vector<double> score_samples(const Scorer& scorer, const MatrixView& x, const Execution& execution) {
    std::vector<double> out(model::checked_rows(x));
    score_samples(scorer, x, out, execution);
    return out;
}

double score(const Scorer& scorer, const MatrixView& x, WeightsView sample_weight, const Execution& execution) {
    const rows::Plan plan = checked_plan(x, scorer.numbers());
    rows::check(sample_weight, x.n_rows);
    std::vector<double> sums(plan.n_chunks);
    std::vector<double> weights(sums.size());
    const auto add = [&](auto& tile, Index chunk) {
        const double* log_densities = tile.log_densities();
        for (Index i = 0; i < tile.n(); ++i) {
            const double weight = sample_weight ? sample_weight.data[tile.row(i)] : 1.0;
            if (weight == 0) continue;
            sums[chunk] += weight * log_densities[i];
            weights[chunk] += weight;
        }
    };
    for_each_judged_tile(x, scorer.numbers(), execution, plan, estep::Finish::probabilities, add);
    return sum_of(sums) / sum_of(weights);
}

void predict_proba(const Scorer& scorer, const MatrixView& x, Output<double> out, const Execution& execution) {
    const rows::Plan plan = checked_plan(x, scorer.numbers());
    const Index n_terms = scorer.n_terms();
    model::check_output(out, "out", x.n_rows, n_terms);
    const auto write = [&](const auto& tile, Index) {
        const Index n = tile.n();
        constexpr Index together = 8;  // rows: a cache line of each component, and few places written to at a time
        for (Index begin = 0; begin < n; begin += together) {
            const Index end = std::min(begin + together, n);
            double sums[together] = {};  // in single precision they are 1 only up to its rounding
            for (Index k = 0; k < n_terms; ++k) {
                for (Index i = begin; i < end; ++i) sums[i - begin] += static_cast<double>(tile.values(k)[i]);
            }
            for (Index k = 0; k < n_terms; ++k) {
                const auto* values = tile.values(k);
                for (Index i = begin; i < end; ++i) {
                    out.data[tile.row(i) * n_terms + k] = static_cast<double>(values[i]) / sums[i - begin];
                }
            }
        }
    };
    for_each_judged_tile(x, scorer.numbers(), execution, plan, estep::Finish::probabilities, write);
}

std::vector<double> predict_proba(const Scorer& scorer, const MatrixView& x, const Execution& execution) {
    checked_plan(x, scorer.numbers());
    std::vector<double> out(model::checked_rows(x) * scorer.n_terms());
    predict_proba(scorer, x, out, execution);
    return out;
}

Evidence evidence(const Scorer& scorer, const MatrixView& x, WeightsView sample_weight, const Execution& execution,
                  const AllowedView& allowed) {
    const rows::Plan plan = checked_plan(x, scorer.numbers());
    rows::check(sample_weight, x.n_rows);
    rows::check(allowed, x.n_rows);
    rows::check_terms(allowed, scorer.numbers().n_components, scorer.numbers().has_background());
    std::vector<Evidence> by_chunk(plan.n_chunks);
    const auto add = [&](auto& tile, Index chunk) {
        const double* log_densities = tile.log_densities();
        Evidence& sums = by_chunk[chunk];
        for (Index i = 0; i < tile.n(); ++i) {
            const double weight = sample_weight ? sample_weight.data[tile.row(i)] : 1.0;
            if (weight == 0) continue;
            sums.n_rows += 1;
            sums.total_weight += weight;
            sums.log_likelihood += weight * log_densities[i];
            sums.log_top_probability += weight * std::log(tile.top_probability(i));
        }
    };
    for_each_judged_tile(x, scorer.numbers(), execution, plan, estep::Finish::probabilities, add, allowed);
    Evidence total;
    for (const Evidence& sums : by_chunk) {
        total.n_rows += sums.n_rows;
        total.total_weight += sums.total_weight;
        total.log_likelihood += sums.log_likelihood;
        total.log_top_probability += sums.log_top_probability;
    }
    return total;
}

Criteria criteria(const Evidence& evidence, Index n_parameters) {
    if (evidence.n_rows > 1 && !(evidence.total_weight >= least_rows)) {
        text::invalid(
            "sample_weight sums to {} over {} rows, but information criteria take the sum for the number of rows: "
            "scale the weights so that they sum to it",
            text::number(evidence.total_weight, least_rows), evidence.n_rows);
    }
    if (evidence.n_rows < 1 || std::isnan(evidence.total_weight) || std::isnan(evidence.log_likelihood) ||
        std::isnan(evidence.log_top_probability) || n_parameters < 0) {
        text::invalid(
            "evidence has no rows or NaN, or n_parameters is negative: give what `evidence` and "
            "`n_parameters` say");
    }
    const auto p = static_cast<double>(n_parameters);
    Criteria found;
    found.bic = -2 * evidence.log_likelihood + p * std::log(evidence.total_weight);
    found.aic = -2 * evidence.log_likelihood + 2 * p;
    found.icl = found.bic - 2 * evidence.log_top_probability;
    return found;
}

}  // namespace gaussmix
