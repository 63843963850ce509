#include "em/kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/layout.hpp"

namespace gaussmix::em {
namespace {

// The clusters are a start for EM, which moves them further with every iteration: where k-means creeps, as it does on
// data without clusters, it is left early.
constexpr Index most_iterations = 100;
constexpr double resting_gain = 1e-4;  // of the summed squared distances, an iteration

/// A non-negative mass a row, with its sums by chunk: rows are drawn in proportion to it.
class Masses {
public:
    Masses(const Rows& rows, const rows::Plan& plan)
        : plan_(plan), mass_(static_cast<std::size_t>(plan.n_rows)), sums_(static_cast<std::size_t>(plan.n_chunks)) {
        for (Index i = 0; i < plan.n_rows; ++i) {
            mass_[static_cast<std::size_t>(i)] = rows.weights ? rows.weights.data[i] : 1.0;
        }
        while (!(mass_[static_cast<std::size_t>(first_)] > 0)) ++first_;
        for (Index chunk = 0; chunk < plan.n_chunks; ++chunk) sum_up(chunk);
    }

    double* data() noexcept { return mass_.data(); }
    const double* data() const noexcept { return mass_.data(); }

    /// The largest mass for every row that has weight, to be lowered from there.
    void raise(WeightsView weights) {
        for (Index i = 0; i < plan_.n_rows; ++i) {
            const bool counts = !weights || weights.data[i] > 0;
            mass_[static_cast<std::size_t>(i)] = counts ? std::numeric_limits<double>::max() : 0.0;
        }
    }

    /// To be called after the masses of a chunk changed.
    void sum_up(Index chunk) {
        double sum = 0;
        for (Index i = begin(chunk); i < end(chunk); ++i) sum += mass_[static_cast<std::size_t>(i)];
        sums_[static_cast<std::size_t>(chunk)] = sum;
    }

    double total() const {
        double sum = 0;
        for (const double chunk : sums_) sum += chunk;
        return sum;
    }

    /// The row at which the cumulative mass passes `at`: one of positive mass, or, where none is left, the first that
    /// had some.
    Index row_at(double at) const {
        Index last = first_;
        for (Index chunk = 0; chunk < plan_.n_chunks; ++chunk) {
            const double sum = sums_[static_cast<std::size_t>(chunk)];
            if (at >= sum && chunk + 1 < plan_.n_chunks) {
                at -= sum;
                continue;
            }
            for (Index i = begin(chunk); i < end(chunk); ++i) {
                const double mass = mass_[static_cast<std::size_t>(i)];
                if (!(mass > 0)) continue;
                last = i;
                if (at < mass) return i;
                at -= mass;
            }
        }
        return last;
    }

    void remove(Index row) {
        mass_[static_cast<std::size_t>(row)] = 0;
        sum_up(row / plan_.chunk_rows);
    }

private:
    Index begin(Index chunk) const { return chunk * plan_.chunk_rows; }
    Index end(Index chunk) const { return std::min(begin(chunk) + plan_.chunk_rows, plan_.n_rows); }

    rows::Plan plan_;
    std::vector<double> mass_;
    std::vector<double> sums_;
    Index first_ = 0;
};

rows::Plan plan_for(const Rows& rows, Index n_candidates) {
    return rows::cut(rows.x.n_rows, rows.x.n_features, rows::flops_per_row(n_candidates, rows.x.n_features, false),
                     sizeof(double));
}

/// One worker's weighted squared scaled distances of a tile's rows to some candidates.
class DistanceWorker {
public:
    DistanceWorker(const Rows& rows, const Scorer& candidates, const rows::Plan& plan)
        : rows_(rows),
          model_(candidates),
          tile_(plan.tile_rows, candidates.n_features, rows.context.table),
          densities_(model_, plan.tile_rows, rows.context.table),
          distances_(static_cast<std::size_t>(candidates.n_components * plan.tile_rows)) {}

    /// False when no row of the tile has weight.
    bool load(Index first, Index n) {
        tile_.load(rows_.x, rows_.weights, first, n);
        if (!tile_.hide_weightless()) return false;
        densities_.compute(tile_.tile(), distances_.data());
        for (Index k = 0; k < model_.scorer.n_components; ++k) {
            double* distance = distances_.data() + k * tile_.stride();
            for (Index i = 0; i < n; ++i) distance[i] *= -2 * tile_.weights()[i];
        }
        return true;
    }

    /// Of candidate k, one a row.
    double* distances(Index k) { return distances_.data() + k * tile_.stride(); }

private:
    const Rows& rows_;
    rows::Model<double> model_;
    rows::TileBuffer<double> tile_;
    rows::Densities<double> densities_;
    linalg::AlignedBuffer<double> distances_;
};

/// use(worker, chunk, first row, number of rows) for each tile that has weight, then done(chunk); in parallel over
/// chunks.
template <class Use, class Done>
void for_each_distance(const Rows& rows, const rows::Plan& plan, const Scorer& candidates, Use use, Done done) {
    std::vector<std::unique_ptr<DistanceWorker>> workers(static_cast<std::size_t>(rows.context.n_threads));
    parallel::parallel_for(plan.n_chunks, rows.context.n_threads, rows.context.poll,
                           [&](Index chunk, const parallel::Worker& thread) {
                               std::unique_ptr<DistanceWorker>& worker = workers[static_cast<std::size_t>(thread.id())];
                               if (!worker) worker = std::make_unique<DistanceWorker>(rows, candidates, plan);
                               rows::for_each_tile(plan, chunk, thread, [&](Index first, Index n) {
                                   if (worker->load(first, n)) use(*worker, chunk, first, n);
                               });
                               done(chunk);
                           });
}

/// What each candidate would leave: sum_i min(mass_i, w_i distance^2 to the candidate).
std::vector<double> potentials(const Rows& rows, const rows::Plan& plan, const Masses& masses,
                               const Scorer& candidates) {
    const auto n_candidates = static_cast<std::size_t>(candidates.n_components);
    std::vector<double> by_chunk(static_cast<std::size_t>(plan.n_chunks) * n_candidates);
    for_each_distance(
        rows, plan, candidates,
        [&](DistanceWorker& worker, Index chunk, Index first, Index n) {
            const double* mass = masses.data() + first;
            double* sums = by_chunk.data() + chunk * candidates.n_components;
            for (Index k = 0; k < candidates.n_components; ++k) {
                double* left = worker.distances(k);
                for (Index i = 0; i < n; ++i) left[i] = std::min(mass[i], left[i]);
                std::fill(left + n, left + kernels::round_up(n, kernels::lanes), 0.0);
                sums[k] += rows.context.table.sum(left, kernels::round_up(n, kernels::lanes));
            }
        },
        [](Index) {});
    std::vector<double> total(n_candidates);
    for (std::size_t i = 0; i < by_chunk.size(); ++i) total[i % n_candidates] += by_chunk[i];
    return total;
}

/// mass_i = min(mass_i, w_i distance^2 to the centre).
void lower_masses(const Rows& rows, const rows::Plan& plan, Masses& masses, const Scorer& centre) {
    for_each_distance(
        rows, plan, centre,
        [&](DistanceWorker& worker, Index, Index first, Index n) {
            double* mass = masses.data() + first;
            const double* distance = worker.distances(0);
            for (Index i = 0; i < n; ++i) mass[i] = std::min(mass[i], distance[i]);
        },
        [&](Index chunk) { masses.sum_up(chunk); });
}

}  // namespace

Scorer distance_scorer(std::vector<double> centres, Index n_components, const Summary& summary) {
    Scorer scorer;
    scorer.whitening = Whitening::diagonal;
    scorer.n_components = n_components;
    scorer.n_features = static_cast<Index>(summary.means.size());
    scorer.means = std::move(centres);
    scorer.log_constants.assign(static_cast<std::size_t>(n_components), 0.0);
    scorer.factors.reserve(scorer.means.size());
    for (Index k = 0; k < n_components; ++k) {
        for (const double variance : summary.variances) {
            const double scale = 1 / std::sqrt(variance);
            scorer.factors.push_back(std::isfinite(scale) ? scale : 0.0);  // a constant feature tells nothing
        }
    }
    return scorer;
}

std::vector<double> seed_plusplus(const Rows& rows, Index n_components, const Summary& summary,
                                  random::Generator& generator) {
    const Index d = rows.x.n_features;
    const Index n_candidates = 2 + static_cast<Index>(std::log(static_cast<double>(n_components)));
    const rows::Plan plan = plan_for(rows, n_candidates);
    Masses masses(rows, plan);
    const auto centre_at = [&](Index row) {
        std::vector<double> centre(static_cast<std::size_t>(d));
        rows::read_row(rows.x, row, centre.data());
        return centre;
    };

    std::vector<double> centres = centre_at(masses.row_at(generator.uniform() * masses.total()));
    masses.raise(rows.weights);
    lower_masses(rows, plan, masses, distance_scorer(centres, 1, summary));
    for (Index k = 1; k < n_components; ++k) {
        const double total = masses.total();
        std::vector<double> candidates;
        for (Index c = 0; c < n_candidates; ++c) {
            const std::vector<double> candidate = centre_at(masses.row_at(generator.uniform() * total));
            candidates.insert(candidates.end(), candidate.begin(), candidate.end());
        }
        const std::vector<double> left =
            potentials(rows, plan, masses, distance_scorer(candidates, n_candidates, summary));
        const auto best = std::min_element(left.begin(), left.end()) - left.begin();
        const std::vector<double> chosen(candidates.begin() + best * d, candidates.begin() + (best + 1) * d);
        centres.insert(centres.end(), chosen.begin(), chosen.end());
        lower_masses(rows, plan, masses, distance_scorer(chosen, 1, summary));
    }
    return centres;
}

std::vector<double> seed_rows(const Rows& rows, Index n_components, random::Generator& generator) {
    const Index d = rows.x.n_features;
    Masses masses(rows, plan_for(rows, 1));
    std::vector<double> centres(static_cast<std::size_t>(n_components * d));
    for (Index k = 0; k < n_components; ++k) {
        const Index row = masses.row_at(generator.uniform() * masses.total());
        rows::read_row(rows.x, row, centres.data() + k * d);
        masses.remove(row);
    }
    return centres;
}

std::vector<double> lloyd(const Rows& rows, std::vector<double> centres, Index n_components, const Summary& summary) {
    double before = std::numeric_limits<double>::infinity();
    for (Index iteration = 0; iteration < most_iterations; ++iteration) {
        const Scorer scorer = distance_scorer(centres, n_components, summary);
        const Moments moments =
            pass(rows, {Source::Model{&scorer, Assignment::hard}, n_components}, centres, Scatter::none);
        for (std::size_t i = 0; i < centres.size(); ++i) {
            const double weight = moments.weights[i / summary.means.size()];
            if (!(weight > 0)) continue;  // a cluster without rows stays where it is
            centres[i] += moments.first[i] / weight;
        }
        const double distances = -2 * moments.log_likelihood;
        if (!(distances < (1 - resting_gain) * before)) break;
        before = distances;
    }
    return centres;
}

}  // namespace gaussmix::em
