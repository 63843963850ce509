#include "em/starts/seeds.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "estep/distances.hpp"
#include "kernels/layout.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::em {
namespace {

/// A non-negative mass per row, with sums by chunk: rows are drawn in proportion to it.
class Masses {
public:
    Masses(const rows::Data& rows, const rows::Plan& plan) : plan_(plan), mass_(plan.n_rows), sums_(plan.n_chunks) {
        for (Index i = 0; i < plan.n_rows; ++i) {
            mass_[i] = rows.weights ? rows.weights.data[i] : 1.0;
        }
        while (!(mass_[first_] > 0)) ++first_;
        for (Index chunk = 0; chunk < plan.n_chunks; ++chunk) sum_up(chunk);
    }

    double* data() noexcept { return mass_.data(); }
    const double* data() const noexcept { return mass_.data(); }

    /// Gives every row that has weight the largest mass, to be lowered from there.
    void raise(WeightsView weights) {
        for (Index i = 0; i < plan_.n_rows; ++i) {
            const bool counts = !weights || weights.data[i] > 0;
            mass_[i] = counts ? std::numeric_limits<double>::max() : 0.0;
        }
    }

    /// Sets the masses of all rows.
    void assign(const double* masses) {
        std::copy_n(masses, mass_.size(), mass_.begin());
        for (Index chunk = 0; chunk < plan_.n_chunks; ++chunk) sum_up(chunk);
    }

    /// Call it after the masses of a chunk changed.
    void sum_up(Index chunk) {
        double sum = 0;
        for (Index i = plan_.begin(chunk); i < plan_.end(chunk); ++i) sum += mass_[i];
        sums_[chunk] = sum;
    }

    double total() const {
        double sum = 0;
        for (const double chunk : sums_) sum += chunk;
        return sum;
    }

    /// Returns the row at which the cumulative mass passes `at`: one of positive mass, or, if none is left, the first
    /// that had some.
    Index row_at(double at) const {
        Index last = first_;
        for (Index chunk = 0; chunk < plan_.n_chunks; ++chunk) {
            const double sum = sums_[chunk];
            if (at >= sum && chunk + 1 < plan_.n_chunks) {
                at -= sum;
                continue;
            }
            for (Index i = plan_.begin(chunk); i < plan_.end(chunk); ++i) {
                const double mass = mass_[i];
                if (!(mass > 0)) continue;
                last = i;
                if (at < mass) return i;
                at -= mass;
            }
        }
        return last;
    }

    void remove(Index row) {
        mass_[row] = 0;
        sum_up(plan_.chunk_of(row));
    }

private:
    rows::Plan plan_;
    std::vector<double> mass_;
    std::vector<double> sums_;
    Index first_ = 0;
};

/// Returns what each candidate would leave: sum_i min(mass_i, w_i distance^2 to the candidate); also writes the
/// summands to `left`, (candidates, rows), unless it is empty.
std::vector<double> potentials(const rows::Data& rows, const rows::Plan& plan, const Masses& masses,
                               const ScorerNumbers& candidates, std::vector<double>& left) {
    const Index n_candidates = candidates.n_components;
    std::vector<double> by_chunk(plan.n_chunks * n_candidates);
    estep::for_each_distance(
        rows, plan, candidates,
        [&](estep::Tile<double>& tile, Index chunk) {
            const Index first = tile.first();
            const Index n = tile.n();
            const double* mass = masses.data() + first;
            double* sums = by_chunk.data() + chunk * n_candidates;
            for (Index k = 0; k < candidates.n_components; ++k) {
                double* least = tile.values(k);
                for (Index i = 0; i < n; ++i) least[i] = std::min(mass[i], least[i]);
                std::fill(least + n, least + kernels::round_up(n, kernels::lanes), 0.0);
                sums[k] += rows.context.table.sum(least, kernels::round_up(n, kernels::lanes));
                if (!left.empty()) std::copy_n(least, n, left.begin() + k * plan.n_rows + first);
            }
        },
        [](Index) {});
    std::vector<double> total(n_candidates);
    for (Index i = 0; i < signed_size(by_chunk); ++i) total[i % n_candidates] += by_chunk[i];
    return total;
}

/// Sets mass_i = min(mass_i, w_i distance^2 to the centre).
void lower_masses(const rows::Data& rows, const rows::Plan& plan, Masses& masses, const ScorerNumbers& centre) {
    estep::for_each_distance(
        rows, plan, centre,
        [&](const estep::Tile<double>& tile, Index) {
            double* mass = masses.data() + tile.first();
            const double* distance = tile.values(0);
            for (Index i = 0; i < tile.n(); ++i) mass[i] = std::min(mass[i], distance[i]);
        },
        [&](Index chunk) { masses.sum_up(chunk); });
}

}  // namespace

std::vector<double> seed_plusplus(const rows::Data& rows, Index n_components, const Summary& summary,
                                  random::Generator& generator) {
    const Index d = rows.x.n_features;
    const Index n_candidates = 2 + static_cast<Index>(std::log(static_cast<double>(n_components)));
    const rows::Plan plan = estep::distance_plan(rows, n_candidates);
    Masses masses(rows, plan);
    const auto centre_at = [&](Index row) {
        std::vector<double> centre(d);
        rows::read_row(rows.x, row, centre.data());
        return centre;
    };

    std::vector<double> centres = centre_at(masses.row_at(generator.uniform() * masses.total()));
    masses.raise(rows.weights);
    lower_masses(rows, plan, masses, estep::distance_scorer(centres, 1, summary));
    // With few rows, what each candidate leaves is kept; with many, it is computed again for the chosen one.
    std::vector<double> left;
    if (rows.x.n_rows <= tuning::most_kept_distances / n_candidates) left.resize(n_candidates * rows.x.n_rows);
    for (Index k = 1; k < n_components; ++k) {
        const double total = masses.total();
        std::vector<double> candidates;
        for (Index c = 0; c < n_candidates; ++c) {
            const std::vector<double> candidate = centre_at(masses.row_at(generator.uniform() * total));
            candidates.insert(candidates.end(), candidate.begin(), candidate.end());
        }
        const std::vector<double> total_left =
            potentials(rows, plan, masses, estep::distance_scorer(candidates, n_candidates, summary), left);
        const auto best = std::min_element(total_left.begin(), total_left.end()) - total_left.begin();
        const std::vector<double> chosen(candidates.begin() + best * d, candidates.begin() + (best + 1) * d);
        centres.insert(centres.end(), chosen.begin(), chosen.end());
        if (left.empty()) {
            lower_masses(rows, plan, masses, estep::distance_scorer(chosen, 1, summary));
        } else {
            masses.assign(left.data() + best * rows.x.n_rows);
        }
    }
    return centres;
}

std::vector<double> seed_rows(const rows::Data& rows, Index n_components, random::Generator& generator) {
    const Index d = rows.x.n_features;
    Masses masses(rows, estep::distance_plan(rows, 1));
    std::vector<double> centres(n_components * d);
    for (Index k = 0; k < n_components; ++k) {
        const Index row = masses.row_at(generator.uniform() * masses.total());
        rows::read_row(rows.x, row, centres.data() + k * d);
        masses.remove(row);
    }
    return centres;
}

}  // namespace gaussmix::em
