#include "em/select/stages.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <utility>

#include "em/select/neighbours.hpp"
#include "em/starts/narrow.hpp"
#include "gaussmix/error.hpp"
#include "rows/summary.hpp"

namespace gaussmix::em {

bool Watch::stopped() {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - began_;
    if (max_seconds_ && passed.count() > *max_seconds_) stopped_ = true;
    return stopped_;
}

void Watch::step(bool is_calling_thread) {
    const Index n_done = ++n_done_;
    if (is_calling_thread && on_cells_ && !stopped_ && !on_cells_({n_done, n_steps_})) stopped_ = true;
}

Stages::Stages(const rows::Data& rows, const rows::Data& complete, Summary summary, const Partitions& partitions,
               const Lattice& lattice, std::vector<Place>& places, Watch& watch)
    : rows_(rows),
      complete_(complete),
      summary_(std::move(summary)),
      partitions_(partitions),
      lattice_(lattice),
      places_(places),
      watch_(watch),
      all_(places.size()) {
    std::iota(all_.begin(), all_.end(), Index{0});
}

/// Calls body(0 ... n - 1), each on one thread, until the time is up.
template <class Body>
void Stages::side_by_side(Index n, Body body) {
    watch_.expect(n);
    const rows::Context& context = rows_.context;
    parallel::parallel_for(n, context.n_threads, context.poll, [&](Index i, const parallel::Worker& worker) {
        if (!watch_.stopped()) body(i);
        watch_.step(worker.id() == 0);
    });
}

/// Calls use(place, climber) for the cells that may go on: in the given order if the time is limited, else beginning
/// with the most components, which take longest.
template <class Use>
void Stages::for_each(std::vector<Index> places, Use use) {
    if (!watch_.has_limit()) {
        const auto more = [&](Index a, Index b) { return places_[a].k() > places_[b].k(); };
        std::stable_sort(places.begin(), places.end(), more);
    }
    side_by_side(signed_size(places), [&](Index i) {
        Place& place = places_[places[i]];
        if (!place.why.empty()) return;
        try {
            Climber climber(rows_, summary_, place.options, partitions_.n_distinct(), place.allowed);
            use(place, climber);
        } catch (const Error& error) {
            if (error.code() != Errc::degenerate) throw;
            if (place.version == 0) place.why = error.what();
        }
    });
}

void Stages::climb_from(Place& place, Climber& climber, const Parameters& start) {
    std::optional<Peak> peak = climber.climb(start, place.best);
    if (peak) keep_higher(place, std::move(*peak));
}

void Stages::keep_higher(Place& place, Peak peak) {
    if (place.version > 0 && !peak.is_above(place.best)) return;
    place.best = std::move(peak);
    ++place.version;
}

/// Returns the variances of all rows, lowered to those of narrow clusters.
std::vector<double> Stages::units_for(Index k, const std::vector<Parameters>& partitions) const {
    std::vector<double> units = summary_.variances;
    Options options = places_.front().options;
    if (options.reg_covar || options.prior) return units;
    options.n_components = k;
    const Execution execution{1, rows_.context.table.name, parallel::nested_poll()};
    for (const Parameters& partition : partitions) {
        options.covariance_type = partition.covariance_type;
        const Run run(options, summary_, partition, execution);
        const Look look = [&]() -> const Sample& { return partitions_.sample(); };
        const std::optional<Summary> lower = narrowed(summary_, run, look, execution);
        for (std::size_t j = 0; lower && j < units.size(); ++j) units[j] = std::min(units[j], lower->variances[j]);
    }
    return units;
}

void Stages::try_partitions(Index n) {
    std::map<Index, std::vector<Parameters>, std::greater<>> partitions;
    std::map<Index, AllowedView> allowed;
    for (const Place& place : places_) {
        if (place.why.empty()) partitions[place.k()];
        allowed[place.k()] = place.allowed;
    }
    std::vector<std::pair<const Index, std::vector<Parameters>>*> each;
    for (auto& entry : partitions) each.push_back(&entry);
    std::vector<std::vector<double>> units(each.size(), summary_.variances);
    side_by_side(signed_size(each), [&](Index i) {
        const Index k = each[i]->first;
        if (n > 0) each[i]->second = partitions_.into(k, n);
        rows::Data rows = rows_;
        rows.allowed = allowed.at(k);
        if (rows.allowed && !rows::has_holes(summary_)) each[i]->second.push_back(partitions_.restricted(rows, k));
        units[i] = units_for(each[i]->first, each[i]->second);
    });
    for (const std::vector<double>& own : units) {
        for (std::size_t j = 0; j < own.size(); ++j) summary_.variances[j] = std::min(summary_.variances[j], own[j]);
    }
    for_each(all_, [&](Place& place, Climber& climber) {
        std::vector<Parameters> starts = partitions.at(place.k());
        for (Trial& start : place.starts) starts.push_back(std::move(start.parameters));
        place.starts = climber.best_of(starts);
    });
}

/// Returns whether a cell has not climbed from this result of another one yet, and notes that it will.
bool Stages::is_new(Place& place, const Place& other, Index version) const {
    return std::exchange(place.seen[&other - places_.data()], version) != version;
}

std::vector<Index> Stages::by_promise() const {
    std::vector<Index> order;
    for (const Index at : all_) {
        if (places_[at].why.empty() && !places_[at].starts.empty()) order.push_back(at);
    }
    const auto value = [&](Index at) { return bic(places_[at], places_[at].starts.front().height); };
    std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return value(a) < value(b); });
    return order;
}

void Stages::keep_best(Index n) {
    const std::vector<Index> order = by_promise();
    for (Index i = n; i < signed_size(order); ++i) {
        places_[order[i]].why = "not fitted: max_fits other cells had a better BIC after a few iterations";
    }
}

void Stages::climb() {
    for_each(by_promise(), [&](Place& place, Climber& climber) {
        for (const Trial& start : std::exchange(place.starts, {})) climb_from(place, climber, start.parameters);
    });
}

template <class Levels>
void Stages::sweep(Levels first, const Levels& last, const std::vector<std::vector<Index>>& sources) {
    const bool are_within = &sources == &lattice_.within;
    for (; first != last; ++first) {
        std::vector<Index> now;
        for (const Index at : all_) {
            const bool is_here = std::find(first->begin(), first->end(), places_[at].family) != first->end();
            if (is_here && !sources[places_[at].family].empty()) now.push_back(at);
        }
        for_each(now, [&](Place& place, Climber& climber) {
            const Place* const same_count = &place - place.family;
            for (const Index family : sources[place.family]) {
                const Place& other = same_count[family];
                if (!other.is_sound() || !is_new(place, other, other.version)) continue;
                const Parameters& start = other.best.model.parameters;
                climb_from(place, climber, start);
                // If a component collapses on that climb, the nested mixture itself is kept.
                if (are_within && !place.best.is_above(other.best)) keep_higher(place, climber.stay(start));
            }
        });
    }
}

void Stages::up() { sweep(lattice_.levels.begin(), lattice_.levels.end(), lattice_.within); }

void Stages::down() { sweep(lattice_.levels.rbegin(), lattice_.levels.rend(), lattice_.around); }

double Stages::bic(const Place& place, double height) const {
    const double n = std::max(summary_.total_weight, 2.0);
    const Parameters& parameters = place.version > 0 ? place.best.model.parameters : place.starts.front().parameters;
    return -2 * summary_.total_weight * height + static_cast<double>(n_parameters(parameters)) * std::log(n);
}

/// Returns whether a cell is the best with its number of components, or of the family that has the most parameters.
bool Stages::is_outstanding(const Place& place) const {
    bool best = true;
    bool largest = true;
    for (const Place& other : places_) {
        if (other.k() != place.k() || !other.is_sound()) continue;
        best = best && bic(place, place.best.height) <= bic(other, other.best.height);
        largest = largest && n_parameters(place.best.model) >= n_parameters(other.best.model);
    }
    return best || largest;
}

void Stages::sideways(Own own) {
    struct Neighbour {
        const Place* place;
        Index version;  // of the place, which goes on while others start from this one
        Index k;
        bool is_outstanding;
        std::optional<Parameters> start;
    };
    std::vector<Neighbour> neighbours;
    for (const Place& place : places_) {
        if (!place.is_sound()) continue;
        const bool outstanding = is_outstanding(place);
        for (const Index k : {place.k() + 1, place.k() - 1}) {
            const auto is_wanted = [&](const Place& other) { return other.k() == k; };
            const bool is_own = k < place.k() ? own != Own::none : own == Own::merged_and_split;
            if (!(is_own || outstanding) || std::none_of(places_.begin(), places_.end(), is_wanted)) continue;
            neighbours.push_back({&place, place.version, k, outstanding, std::nullopt});
        }
    }
    side_by_side(signed_size(neighbours), [&](Index i) {
        const Place& place = *neighbours[i].place;
        Climber climber(complete_, summary_, place.options, partitions_.n_distinct());
        const auto change = neighbours[i].k > place.k() ? with_one_more : with_one_fewer;
        neighbours[i].start = change(climber, place.best.model, place.options, summary_);
    });
    for_each(all_, [&](Place& place, Climber& climber) {
        for (const Neighbour& neighbour : neighbours) {
            const bool is_for_it =
                neighbour.k == place.k() && (neighbour.is_outstanding || neighbour.place->family == place.family);
            if (!is_for_it || !neighbour.start || !is_new(place, *neighbour.place, neighbour.version)) continue;
            climb_from(place, climber, climber.matched(*neighbour.start));
        }
    });
}

}  // namespace gaussmix::em
