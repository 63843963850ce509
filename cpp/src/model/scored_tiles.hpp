/// The E-step of the fit for whoever uses a mixture: log densities tile by tile, in single precision where that will
/// do.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "gaussmix/error.hpp"
#include "model/likeliest.hpp"
#include "model/output.hpp"
#include "rows/context.hpp"
#include "rows/density.hpp"
#include "rows/finite.hpp"
#include "rows/scorer_check.hpp"
#include "rows/tile.hpp"

namespace gaussmix::model {

/// One worker's tile and, after `evaluate`, what the model says of its rows, in T.
template <class T>
class TileWorker {
public:
    TileWorker(const whitening::Model<T>& model, const rows::Plan& plan, const kernels::Table& table, Guess guess = {})
        : model_(model),
          kernels_(table.kernels<T>()),
          tile_(plan.tile_rows, model.scorer->n_features, table),
          densities_(model, plan.tile_rows, table),
          values_(static_cast<std::size_t>(model.scorer->n_components * plan.tile_rows)),
          best_(static_cast<std::size_t>(plan.tile_rows)),
          sum_(static_cast<std::size_t>(plan.tile_rows)),
          owner_(static_cast<std::size_t>(plan.tile_rows)),
          lse_(static_cast<std::size_t>(plan.tile_rows)),
          guess_(guess) {
        if (guess.labels != nullptr) likeliest_.emplace(model.scorer->n_components, plan.tile_rows);
    }

    void load(const MatrixView& x, Index first, Index n) {
        tile_.load(x, {}, first, n, guess_.order);
        if (likeliest_) likeliest_->guess(guess_, first, n, tile_.tile().n_rows);
    }
    const rows::TileBuffer<T>& tile() const { return tile_; }

    /// With a guess, only the largest log density of each row is sure to be right.
    void evaluate() {
        if (likeliest_) {
            likeliest_->compute(tile_, densities_, values_.data());
        } else {
            densities_.compute(tile_, values_.data());
        }
    }

    /// The same where single precision has the range for it, else false.
    bool evaluate_narrow() {
        if (!tile_.within(model_.reach)) return false;
        evaluate();
        find_top();
        const T* best = best_.data();
        return std::all_of(best, best + tile_.tile().n_rows,
                           [](T value) { return value > whitening::farthest_narrow; });
    }

    /// From log densities to probabilities and log-sum-exp.
    void normalise() {
        kernels_.responsibilities(values_.data(), tile_.tile().n_rows, {nullptr, model_.scorer->n_components},
                                  tile_.stride(), nullptr, tile_.weights(), {best_.data(), sum_.data()});
        kernels_.log_sum_exp({best_.data(), sum_.data()}, tile_.tile().n_rows, lse_.data());
    }

    /// Log densities less `base`, then probabilities: values(k)[i].
    const T* values(Index k) const { return values_.data() + k * tile_.stride(); }
    double lse(Index i) const { return model_.base + lse_.data()[i]; }
    /// The sum is in units of the best component.
    double top_probability(Index i) const { return static_cast<double>(1 / sum_.data()[i]); }

    /// Finds the largest value of each row.
    void find_top() {
        kernels_.top(values_.data(), tile_.tile().n_rows, {nullptr, model_.scorer->n_components}, tile_.stride(),
                     best_.data(), owner_.data());
    }
    /// The first component that has it.
    std::int64_t owner(Index i) const { return static_cast<std::int64_t>(owner_.data()[i]); }

private:
    const whitening::Model<T>& model_;
    const kernels::Kernels<T>& kernels_;
    rows::TileBuffer<T> tile_;
    rows::Densities<T> densities_;
    linalg::AlignedBuffer<T> values_;
    linalg::AlignedBuffer<T> best_;
    linalg::AlignedBuffer<T> sum_;
    linalg::AlignedBuffer<T> owner_;
    linalg::AlignedBuffer<double> lse_;
    Guess guess_;
    std::optional<Likeliest<T>> likeliest_;
};

/// One thread's workers: in single precision where the model allows it, in double where it or a tile does not.
struct Worker {
    std::optional<TileWorker<float>> narrow;
    std::optional<TileWorker<double>> wide;
};

/// use(worker, chunk, first row, number of rows) for each tile of x, its log densities computed, with a TileWorker of
/// either precision.
template <class Use>
void for_each_scored_tile(const MatrixView& x, const Scorer& scorer, const Execution& execution, const rows::Plan& plan,
                          Use use) {
    const rows::Context context(execution, plan.n_chunks);
    const whitening::Model<double> model(scorer);
    const std::optional<whitening::Model<float>> narrow_model = whitening::narrow(scorer, rows::is_single(x.scalar));
    std::vector<Worker> workers(static_cast<std::size_t>(context.n_threads));
    rows::FiniteCheck finite;
    const auto use_tile = [&](Worker& worker, Index chunk, Index first, Index n) {
        if (narrow_model) {
            if (!worker.narrow) worker.narrow.emplace(*narrow_model, plan, context.table);
            worker.narrow->load(x, first, n);
            if (worker.narrow->evaluate_narrow()) return use(*worker.narrow, chunk, first, n);
        }
        if (!worker.wide) worker.wide.emplace(model, plan, context.table);
        worker.wide->load(x, first, n);
        if (!finite.inspect(worker.wide->tile().tile(), first, n, context.table)) return;
        worker.wide->evaluate();
        use(*worker.wide, chunk, first, n);
    };
    parallel::parallel_for(
        plan.n_chunks, context.n_threads, context.poll, [&](Index chunk, const parallel::Worker& thread) {
            Worker& worker = workers[static_cast<std::size_t>(thread.id())];
            rows::for_each_tile(plan, chunk, [&](Index first, Index n) { use_tile(worker, chunk, first, n); });
        });
    finite.finish();
}

/// The number of rows of a view that can be read.
inline std::size_t checked_rows(const MatrixView& x) {
    rows::check(x);
    return static_cast<std::size_t>(x.n_rows);
}

inline rows::Plan plan_for(const MatrixView& x, const Scorer& scorer) {
    return rows::cut(x.n_rows, x.n_features,
                     rows::em_work(scorer.n_components, scorer.n_features, whitening::of(scorer).can_cut()),
                     rows::is_single(x.scalar) ? sizeof(float) : sizeof(double));
}

/// Throws Error(invalid_argument) unless the rows are such and the scorer is one of their features.
inline rows::Plan checked_plan(const MatrixView& x, const Scorer& scorer) {
    rows::check(x);
    rows::check(scorer);
    rows::check_features(x, scorer.n_features);
    return plan_for(x, scorer);
}

}  // namespace gaussmix::model
