/// Squared distances of rows to a few points, in units of each feature's standard deviation, so that results do not
/// depend on the units of the data.
#pragma once

#include <memory>
#include <vector>

#include "estep/estep.hpp"
#include "estep/tile.hpp"
#include "gaussmix/summary.hpp"
#include "rows/workers.hpp"

namespace gaussmix::estep {

/// Returns a scorer under which a row's log density is minus half its squared scaled distance to each point (K, d).
ScorerNumbers distance_scorer(std::vector<double> points, Index n_points, const Summary& summary);

/// Returns the plan for comparing rows with this many points.
rows::Plan distance_plan(const rows::Data& rows, Index n_points);

/// Calls use(tile, chunk) for each tile that has weight, after the expectation that make(model, tile rows) returned for
/// each worker, then done(chunk); in parallel over chunks.
template <class MakeExpectation, class Use, class Done>
void for_each_compared(const rows::Data& rows, const rows::Plan& plan, const ScorerNumbers& points,
                       MakeExpectation make, Use use, Done done) {
    const Walk walk{rows, plan, points.n_terms()};
    const whitening::Model<double> model(points);
    const auto make_tile = [&] { return std::make_unique<Tile<double>>(walk, make(model, plan.tile_rows)); };
    rows::Workers<Tile<double>> workers(rows.context);
    workers.for_each_chunk(plan, rows.context, make_tile, [&](Tile<double>& tile, Index chunk) {
        rows::for_each_tile(plan, chunk, [&](Index first, Index n) {
            if (tile.expect(first, n)) use(tile, chunk);
        });
        done(chunk);
    });
}

/// Does the same, with the weighted squared distances to each point as the values of a tile.
template <class Use, class Done>
void for_each_distance(const rows::Data& rows, const rows::Plan& plan, const ScorerNumbers& points, Use use,
                       Done done) {
    const auto make = [&](const whitening::Model<double>& model, Index tile_rows) {
        return dense(model, Finish::nothing, tile_rows, rows.context.table);
    };
    const auto weigh = [&](Tile<double>& tile, Index chunk) {
        for (Index k = 0; k < points.n_components; ++k) {
            double* distance = tile.values(k);
            for (Index i = 0; i < tile.n(); ++i) distance[i] *= -2 * tile.rows().weights()[i];
        }
        use(tile, chunk);
    };
    for_each_compared(rows, plan, points, make, weigh, done);
}

/// Calls use(tile) for each tile that has weight, after the expectation that make(model, tile rows) returned for each
/// worker; with `Finish::best`, the owner of a row is the point nearest to it.
template <class MakeExpectation, class Use>
void for_each_nearest(const rows::Data& rows, const ScorerNumbers& points, MakeExpectation make, Use use) {
    for_each_compared(
        rows, distance_plan(rows, points.n_components), points, make,
        [&](const Tile<double>& tile, Index) { use(tile); }, [](Index) {});
}

/// Does the same, computing every distance.
template <class Use>
void for_each_nearest(const rows::Data& rows, const ScorerNumbers& points, Use use) {
    const auto make = [&](const whitening::Model<double>& model, Index tile_rows) {
        return dense(model, Finish::best, tile_rows, rows.context.table);
    };
    for_each_nearest(rows, points, make, use);
}

}  // namespace gaussmix::estep
