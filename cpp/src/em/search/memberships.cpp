#include "em/search/memberships.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "rows/density.hpp"
#include "rows/tile.hpp"

namespace gaussmix::em {
namespace {

/// What a thread works in.
struct Worker {
    Worker(const Scorer& scorer, const rows::Model<double>& model, Index tile_rows, const kernels::Table& table)
        : tile(tile_rows, scorer.n_features, table),
          densities(model, tile_rows, table),
          logs(static_cast<std::size_t>(scorer.n_components * tile_rows)) {}
    rows::TileBuffer<double> tile;
    rows::Densities<double> densities;
    linalg::AlignedBuffer<double> logs;
};

/// The rows of a chunk.
struct Found {
    std::vector<Membership> memberships;
    std::vector<std::size_t> counts;
};

/// Of one row, whose log densities with weights are `stride` apart.
void add_row(const double* logs, Index stride, const Scorer& scorer, double least, Found& found) {
    double best = logs[0];
    for (Index k = 1; k < scorer.n_components; ++k) best = std::max(best, logs[k * stride]);
    const std::size_t before = found.memberships.size();
    const double floor = best + std::log(least / static_cast<double>(scorer.n_components));
    double sum = 0;
    for (Index k = 0; k < scorer.n_components; ++k) {
        const double log = logs[k * stride];
        if (!(log >= floor)) continue;
        const double share = std::exp(log - best);
        sum += share;
        const double weight = scorer.weights[static_cast<std::size_t>(k)];
        found.memberships.push_back({k, share, log - std::log(weight)});
    }
    const auto first = found.memberships.begin() + static_cast<std::ptrdiff_t>(before);
    for (auto it = first; it != found.memberships.end(); ++it) it->responsibility /= sum;
    found.memberships.erase(std::remove_if(first, found.memberships.end(),
                                           [least](const Membership& m) { return !(m.responsibility >= least); }),
                            found.memberships.end());
    found.counts.push_back(found.memberships.size() - before);
}

}  // namespace

Memberships::Memberships(const Rows& rows, const Scorer& scorer, double least) : starts_{0} {
    const rows::Context& context = rows.context;
    const rows::Plan plan = rows::cut(
        rows.x.n_rows, scorer.n_features,
        rows::em_work(scorer.n_components, scorer.n_features, !rows::is_separable(scorer.whitening)), sizeof(double));
    const rows::Model<double> model(scorer);
    std::vector<std::unique_ptr<Worker>> workers(static_cast<std::size_t>(context.n_threads));
    std::vector<Found> chunks(static_cast<std::size_t>(plan.n_chunks));
    parallel::parallel_for(plan.n_chunks, context.n_threads, context.poll,
                           [&](Index chunk, const parallel::Worker& thread) {
                               std::unique_ptr<Worker>& worker = workers[static_cast<std::size_t>(thread.id())];
                               if (!worker)
                                   worker = std::make_unique<Worker>(scorer, model, plan.tile_rows, context.table);
                               rows::for_each_tile(plan, chunk, [&](Index first, Index n) {
                                   worker->tile.load(rows.x, rows.weights, first, n);
                                   worker->densities.compute(worker->tile, worker->logs.data());
                                   for (Index i = 0; i < n; ++i) {
                                       add_row(worker->logs.data() + i, worker->tile.stride(), scorer, least,
                                               chunks[static_cast<std::size_t>(chunk)]);
                                   }
                               });
                           });
    for (const Found& chunk : chunks) {
        found_.insert(found_.end(), chunk.memberships.begin(), chunk.memberships.end());
        for (const std::size_t count : chunk.counts) starts_.push_back(starts_.back() + count);
    }
}

std::vector<std::vector<Memberships::Member>> Memberships::by_component(Index n_components) const {
    std::vector<std::vector<Member>> result(static_cast<std::size_t>(n_components));
    for (Index row = 0; row < n_rows(); ++row) {
        for (const Membership* at = begin(row); at != begin(row + 1); ++at) {
            result[static_cast<std::size_t>(at->component)].push_back({row, at});
        }
    }
    return result;
}

}  // namespace gaussmix::em
