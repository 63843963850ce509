#include "em/starts/search/memberships.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "estep/estep.hpp"
#include "estep/tile.hpp"
#include "rows/workers.hpp"

namespace gaussmix::em {
namespace {

/// The memberships of consecutive rows.
struct Found {
    std::vector<Membership> memberships;
    std::vector<Index> counts;
};

/// The storage of a thread.
class Worker {
public:
    Worker(const estep::Walk& walk, const whitening::Model<double>& model)
        : scorer_(*model.scorer),
          tile_(walk, estep::dense(model, estep::Finish::best, walk.plan.tile_rows, walk.rows.context.table)) {
        for (const double weight : scorer_.weights) log_weights_.push_back(std::log(weight));
    }

    void add(Index first, Index n, double least, Found& found) {
        tile_.load(first, n);
        tile_.expect();
        find_near(n, std::log(least / static_cast<double>(scorer_.n_components)));
        sort_by_rows(n);
        auto membership = sorted_.begin();
        for (Index i = 0; i < n; ++i) {
            const auto end = sorted_.begin() + ends_[i];
            double sum = 0;
            for (auto it = membership; it != end; ++it) sum += it->responsibility;
            Index count = 0;
            for (; membership != end; ++membership) {
                membership->responsibility /= sum;
                const bool is_of_background = membership->component >= scorer_.n_components;
                if (is_of_background || !(membership->responsibility >= least)) continue;
                membership->log_density -= log_weights_[membership->component];
                found.memberships.push_back(*membership);
                ++count;
            }
            found.counts.push_back(count);
        }
    }

private:
    /// A pair of a row of the tile and a term that may count.
    struct Near {
        Index row;
        Index component;
        double log;
    };

    /// Finds the pairs whose log density is at most -floor below that of the row's best term.
    void find_near(Index n, double floor) {
        near_.clear();
        ends_.assign(n, 0);
        for (Index k = 0; k < scorer_.n_terms(); ++k) {
            const double* log = tile_.values(k);
            for (Index i = 0; i < n; ++i) {
                if (!(log[i] >= tile_.best(i) + floor)) continue;
                near_.push_back({i, k, log[i]});
                ++ends_[i];
            }
        }
    }

    /// Sorts the pairs by row, components in order; responsibilities are not normalised yet.
    void sort_by_rows(Index n) {
        Index begin = 0;
        for (Index i = 0; i < n; ++i) begin += std::exchange(ends_[i], begin);
        sorted_.resize(near_.size());
        for (const Near& near : near_) {
            const double share = std::exp(near.log - tile_.best(near.row));
            sorted_[ends_[near.row]++] = {near.component, share, near.log};
        }
    }

    const ScorerNumbers& scorer_;
    estep::Tile<double> tile_;
    std::vector<double> log_weights_;
    std::vector<Near> near_;
    std::vector<Index> ends_;
    std::vector<Membership> sorted_;
};

}  // namespace

Memberships::Memberships(const rows::Data& rows, const ScorerNumbers& scorer, double least) : starts_{0} {
    const rows::Context& context = rows.context;
    const rows::Plan plan = rows::cut(
        rows.x.n_rows, scorer.n_features,
        rows::em_work(scorer.n_components, scorer.n_features, !whitening::of(scorer).is_separable()), sizeof(double));
    const whitening::Model<double> model(scorer);
    const estep::Walk walk{rows, plan, scorer.n_terms()};
    std::vector<Found> chunks(plan.n_chunks);
    rows::Workers<Worker> workers(context);
    workers.for_each_chunk(
        plan, context, [&] { return std::make_unique<Worker>(walk, model); },
        [&](Worker& worker, Index chunk) {
            rows::for_each_tile(plan, chunk, [&](Index first, Index n) { worker.add(first, n, least, chunks[chunk]); });
        });
    for (const Found& chunk : chunks) {
        found_.insert(found_.end(), chunk.memberships.begin(), chunk.memberships.end());
        for (const Index count : chunk.counts) starts_.push_back(starts_.back() + count);
    }
}

std::vector<double> Memberships::n_members(Index n_components) const {
    std::vector<double> result(n_components);
    for (const Membership& membership : found_) result[membership.component] += membership.responsibility;
    return result;
}

std::vector<std::vector<Memberships::Member>> Memberships::by_component(Index n_components) const {
    std::vector<std::vector<Member>> result(n_components);
    for (Index row = 0; row < n_rows(); ++row) {
        for (const Membership* membership = begin(row); membership != begin(row + 1); ++membership) {
            result[membership->component].push_back({row, membership});
        }
    }
    return result;
}

}  // namespace gaussmix::em
