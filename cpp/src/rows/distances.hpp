/// Squared distances of rows to a few points, tile by tile, in units of each feature's standard deviation: what is
/// found with them does not depend on the units of the data.
#pragma once

#include <algorithm>
#include <memory>

#include "gaussmix/summary.hpp"
#include "parallel/parallel.hpp"
#include "rows/data.hpp"
#include "rows/density.hpp"
#include "rows/plan.hpp"
#include "rows/tile.hpp"

namespace gaussmix::rows {

/// A scorer under which a row's log density is minus half its squared scaled distance to each point (K, d).
Scorer distance_scorer(std::vector<double> points, Index n_points, const Summary& summary);

/// How to walk the rows when they are compared with so many points.
Plan distance_plan(const Data& rows, Index n_points);

/// One worker's weighted squared scaled distances of a tile's rows to some points.
class DistanceWorker {
public:
    DistanceWorker(const Data& rows, const Scorer& points, const Plan& plan)
        : rows_(rows),
          model_(points),
          tile_(plan.tile_rows, points.n_features, rows.context.table),
          densities_(model_, plan.tile_rows, rows.context.table),
          distances_(static_cast<std::size_t>((points.n_components + 1) * plan.tile_rows)) {}

    /// False when no row of the tile has weight.
    bool load(Index first, Index n) {
        tile_.load(rows_.x, rows_.weights, first, n);
        if (!tile_.hide_weightless()) return false;
        densities_.compute(tile_, distances_.data());
        for (Index k = 0; k < model_.scorer->n_components; ++k) {
            double* distance = distances_.data() + k * tile_.stride();
            for (Index i = 0; i < n; ++i) distance[i] *= -2 * tile_.weights()[i];
        }
        return true;
    }

    /// Of point k, one a row.
    double* distances(Index k) { return distances_.data() + k * tile_.stride(); }

    /// Room for one number a row.
    double* spare() { return distances(model_.scorer->n_components); }

    /// Those of the tile, padding included, whole vectors of them.
    Index n_rows() const { return tile_.tile().n_rows; }

private:
    const Data& rows_;
    whitening::Model<double> model_;
    TileBuffer<double> tile_;
    Densities<double> densities_;
    linalg::AlignedBuffer<double> distances_;
};

/// use(worker, chunk, first row, number of rows) for each tile that has weight, then done(chunk); in parallel over
/// chunks.
template <class Use, class Done>
void for_each_distance(const Data& rows, const Plan& plan, const Scorer& points, Use use, Done done) {
    std::vector<std::unique_ptr<DistanceWorker>> workers(static_cast<std::size_t>(rows.context.n_threads));
    parallel::parallel_for(plan.n_chunks, rows.context.n_threads, rows.context.poll,
                           [&](Index chunk, const parallel::Worker& thread) {
                               std::unique_ptr<DistanceWorker>& worker = workers[static_cast<std::size_t>(thread.id())];
                               if (!worker) worker = std::make_unique<DistanceWorker>(rows, points, plan);
                               for_each_tile(plan, chunk, [&](Index first, Index n) {
                                   if (worker->load(first, n)) use(*worker, chunk, first, n);
                               });
                               done(chunk);
                           });
}

/// use(first row, number of rows, distances to the nearest point, the points) for each tile that has weight.
template <class Use>
void for_each_nearest(const Data& rows, const Scorer& points, Use use) {
    for_each_distance(
        rows, distance_plan(rows, points.n_components), points,
        [&](DistanceWorker& worker, Index, Index first, Index n) {
            double* least = worker.distances(0);
            double* nearest = worker.spare();
            std::fill_n(nearest, worker.n_rows(), 0.0);
            for (Index k = 1; k < points.n_components; ++k) {
                rows.context.table.lower(worker.distances(k), static_cast<double>(k), worker.n_rows(), least, nearest);
            }
            use(first, n, least, nearest);
        },
        [](Index) {});
}

}  // namespace gaussmix::rows
