/// Use a mixture on rows: the E-step of the fit, with another use for what it computes.
#include "gaussmix/model.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "rows/context.hpp"
#include "rows/density.hpp"
#include "rows/finite.hpp"
#include "rows/tile.hpp"

namespace gaussmix {
namespace {

/// One worker's tile and, after `evaluate`, what the model says of its rows.
class Worker {
public:
    Worker(const Scorer& scorer, const rows::Plan& plan, const kernels::Table& table)
        : scorer_(scorer),
          table_(table),
          tile_(plan.tile_rows, scorer.n_features, table),
          densities_(scorer, plan.tile_rows, table),
          values_(static_cast<std::size_t>(scorer.n_components * plan.tile_rows)),
          lse_(static_cast<std::size_t>(plan.tile_rows)) {}

    bool load(const MatrixView& x, Index first, Index n, rows::FiniteCheck& finite) {
        tile_.load(x, {}, first, n);
        if (!finite.inspect(tile_.tile(), first, n)) return false;
        densities_.compute(tile_.tile(), scorer_, values_.data());
        return true;
    }

    /// From log densities to probabilities and log-sum-exp.
    void normalise() {
        table_.responsibilities(values_.data(), tile_.tile().n_rows, scorer_.n_components, tile_.stride(), ones(),
                                lse_.data());
    }

    /// Log densities, then probabilities: values(k)[i].
    const double* values(Index k) const { return values_.data() + k * tile_.stride(); }
    double lse(Index i) const { return lse_.data()[i]; }

    /// The largest value of row i, and the first component that has it.
    std::pair<double, Index> top(Index i) const {
        std::pair<double, Index> best{values(0)[i], 0};
        for (Index k = 1; k < scorer_.n_components; ++k) {
            if (values(k)[i] > best.first) best = {values(k)[i], k};
        }
        return best;
    }

private:
    const double* ones() const { return tile_.weights(); }

    const Scorer& scorer_;
    const kernels::Table& table_;
    rows::TileBuffer tile_;
    rows::Densities densities_;
    linalg::AlignedBuffer values_;
    linalg::AlignedBuffer lse_;
};

/// use(worker, chunk, first row, number of rows) for each tile of x, its log densities computed. Returns the number of
/// chunks.
template <class Use>
void for_each_scored_tile(const MatrixView& x, const Scorer& scorer, const Execution& execution, const rows::Plan& plan,
                          Use use) {
    const rows::Context context(execution);
    std::vector<std::unique_ptr<Worker>> workers(static_cast<std::size_t>(context.n_threads));
    rows::FiniteCheck finite;
    parallel::parallel_for(plan.n_chunks, context.n_threads, context.poll,
                           [&](Index chunk, const parallel::Worker& thread) {
                               std::unique_ptr<Worker>& worker = workers[static_cast<std::size_t>(thread.id())];
                               if (!worker) worker = std::make_unique<Worker>(scorer, plan, context.table);
                               rows::for_each_tile(plan, chunk, thread, [&](Index first, Index n) {
                                   if (worker->load(x, first, n, finite)) use(*worker, chunk, first, n);
                               });
                           });
    finite.finish();
}

rows::Plan checked_plan(const MatrixView& x, const Scorer& scorer) {
    rows::check(x);
    rows::check_features(x, scorer.n_features);
    return rows::cut(x.n_rows, x.n_features,
                     rows::flops_per_row(scorer.n_components, scorer.n_features, scorer.whitening == Whitening::full));
}

double sum_of(const std::vector<double>& by_chunk) {
    double sum = 0;
    for (const double part : by_chunk) sum += part;
    return sum;
}

}  // namespace

void score_samples(const MatrixView& x, const Scorer& scorer, double* out, const Execution& execution) {
    const rows::Plan plan = checked_plan(x, scorer);
    for_each_scored_tile(x, scorer, execution, plan, [&](Worker& worker, Index, Index first, Index n) {
        worker.normalise();
        for (Index i = 0; i < n; ++i) out[first + i] = worker.lse(i);
    });
}

double score(const MatrixView& x, WeightsView sample_weight, const Scorer& scorer, const Execution& execution) {
    const rows::Plan plan = checked_plan(x, scorer);
    rows::check(sample_weight, x.n_rows);
    std::vector<double> sums(static_cast<std::size_t>(plan.n_chunks));
    std::vector<double> weights(sums.size());
    for_each_scored_tile(x, scorer, execution, plan, [&](Worker& worker, Index chunk, Index first, Index n) {
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

void predict(const MatrixView& x, const Scorer& scorer, std::int64_t* out, const Execution& execution) {
    const rows::Plan plan = checked_plan(x, scorer);
    for_each_scored_tile(x, scorer, execution, plan, [&](Worker& worker, Index, Index first, Index n) {
        for (Index i = 0; i < n; ++i) out[first + i] = worker.top(i).second;
    });
}

void predict_proba(const MatrixView& x, const Scorer& scorer, double* out, const Execution& execution) {
    const rows::Plan plan = checked_plan(x, scorer);
    const Index n_components = scorer.n_components;
    for_each_scored_tile(x, scorer, execution, plan, [&](Worker& worker, Index, Index first, Index n) {
        worker.normalise();
        for (Index i = 0; i < n; ++i) {
            for (Index k = 0; k < n_components; ++k) out[(first + i) * n_components + k] = worker.values(k)[i];
        }
    });
}

Evidence evidence(const MatrixView& x, const Scorer& scorer, const Execution& execution) {
    const rows::Plan plan = checked_plan(x, scorer);
    std::vector<double> log_likelihood(static_cast<std::size_t>(plan.n_chunks));
    std::vector<double> log_top(log_likelihood.size());
    for_each_scored_tile(x, scorer, execution, plan, [&](Worker& worker, Index chunk, Index, Index n) {
        worker.normalise();
        for (Index i = 0; i < n; ++i) {
            log_likelihood[static_cast<std::size_t>(chunk)] += worker.lse(i);
            log_top[static_cast<std::size_t>(chunk)] += std::log(worker.top(i).first);
        }
    });
    return {x.n_rows, sum_of(log_likelihood), sum_of(log_top)};
}

}  // namespace gaussmix
