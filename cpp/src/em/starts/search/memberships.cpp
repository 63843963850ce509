#include "em/starts/search/memberships.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
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

/// The storage of a thread. Whether a pair counts cannot be predicted, so every pair is written, and the next one
/// written over it unless it counts.
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
        std::size_t n_found = found.memberships.size();
        found.memberships.resize(n_found + n_near_);
        Membership* const out = found.memberships.data();
        const Membership* membership = sorted_.data();
        for (Index i = 0; i < n; ++i) {
            const Membership* const end = sorted_.data() + ends_[i];
            double sum = 0;
            for (const Membership* it = membership; it != end; ++it) sum += it->responsibility;
            const std::size_t before = n_found;
            for (; membership != end && membership->component < scorer_.n_components; ++membership) {
                const double responsibility = membership->responsibility / sum;
                const double log_density = membership->log_density - log_weights_[membership->component];
                out[n_found] = {membership->component, responsibility, log_density};
                n_found += responsibility >= least ? 1 : 0;
            }
            membership = end;  // the background's comes last
            found.counts.push_back(static_cast<Index>(n_found - before));
        }
        found.memberships.resize(n_found);
    }

private:
    /// A pair of a row of the tile and a term that may count.
    struct Near {
        std::int32_t row;
        std::int32_t component;
        double log;
    };

    /// Finds the pairs whose log density is at most -floor below that of the row's best term.
    void find_near(Index n, double floor) {
        ends_.assign(n, 0);
        least_.resize(n);
        for (Index i = 0; i < n; ++i) least_[i] = tile_.best(i) + floor;
        std::size_t n_near = 0;
        for (Index k = 0; k < scorer_.n_terms(); ++k) {
            if (near_.size() < n_near + least_.size()) near_.resize(2 * (n_near + least_.size()));
            const double* log = tile_.values(k);
            Near* const out = near_.data();
            for (Index i = 0; i < n; ++i) {
                out[n_near] = {static_cast<std::int32_t>(i), static_cast<std::int32_t>(k), log[i]};
                const bool is_near = log[i] >= least_[i];
                n_near += is_near ? 1 : 0;
                ends_[i] += is_near ? 1 : 0;
            }
        }
        n_near_ = n_near;
    }

    /// Sorts the pairs by row, components in order; responsibilities are not normalised yet.
    void sort_by_rows(Index n) {
        Index begin = 0;
        for (Index i = 0; i < n; ++i) begin += std::exchange(ends_[i], begin);
        sorted_.resize(n_near_);
        for (std::size_t at = 0; at < n_near_; ++at) {
            const Near& near = near_[at];
            const double share = std::exp(near.log - tile_.best(near.row));
            sorted_[ends_[near.row]++] = {near.component, share, near.log};
        }
    }

    const ScorerNumbers& scorer_;
    estep::Tile<double> tile_;
    std::vector<double> log_weights_;
    std::vector<double> least_;  // log density of a row that may count
    std::vector<Near> near_;
    std::size_t n_near_ = 0;
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
