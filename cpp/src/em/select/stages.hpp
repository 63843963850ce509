/// The stages of a selection. In each stage, cells are fitted in parallel from the results of earlier stages, so that
/// the order in which threads take them does not matter.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "em/select/climb.hpp"
#include "em/select/lattice.hpp"
#include "em/select/partitions.hpp"
#include "gaussmix/select.hpp"

namespace gaussmix::em {

/// A cell in progress.
struct Place {
    Index family = 0;  ///< its place in the lattice
    Options options;
    AllowedView allowed;  ///< what rows may have come from
    Peak best;
    Index version = 0;          ///< of the best; 0: there is none
    std::vector<Index> seen;    ///< of each cell, the version from which it climbed
    std::vector<Trial> starts;  ///< where to climb from next
    std::string why;            ///< why it must not be chosen, or fitted further

    Index k() const noexcept { return options.n_components; }
    bool is_sound() const noexcept { return version > 0 && best.sound; }
};

/// When to stop, and the function that progress is reported to.
class Watch {
public:
    Watch(const std::optional<double>& max_seconds, const OnCells& on_cells)
        : max_seconds_(max_seconds), on_cells_(on_cells), began_(std::chrono::steady_clock::now()) {}

    bool has_limit() const noexcept { return max_seconds_.has_value(); }
    void expect(Index n_steps) noexcept { n_steps_ += n_steps; }
    bool stopped();
    void step(bool is_calling_thread);

private:
    std::optional<double> max_seconds_;
    const OnCells& on_cells_;
    std::chrono::steady_clock::time_point began_;
    std::atomic<bool> stopped_{false};
    std::atomic<Index> n_done_{0};
    Index n_steps_ = 0;
};

/// Which neighbours of its own family a cell is continued from, whatever their quality.
enum class Own { none, merged, merged_and_split };

class Stages {
public:
    /// The arguments, except the summary, must outlive this object. Places are ordered by number of components, then
    /// family. `complete`: the rows, without missing values, on which components are split and merged.
    Stages(const rows::Data& rows, const rows::Data& complete, Summary summary, const Partitions& partitions,
           const Lattice& lattice, std::vector<Place>& places, Watch& watch);

    /// Finds the best two starts for each cell, of those that it has, n partitions, and one that keeps to what rows may
    /// have come from, if they tell. If clusters of any of them are far narrower than all rows, the default ridge of
    /// all cells is from then on relative to the narrowest.
    void try_partitions(Index n);
    /// Returns the variances that the default ridge is relative to.
    const std::vector<double>& units() const noexcept { return summary_.variances; }
    /// Leaves all cells as they are but the best n by BIC.
    void keep_best(Index n);
    /// Climbs from the starts of each cell; if the time is limited, beginning with the best by BIC.
    void climb();
    /// Continues each cell from the results of the families just within its own, upwards.
    void up();
    /// Continues each cell from the results of the families just around its own, downwards.
    void down();
    /// Continues each cell from mixtures with one component more, merged, or one fewer, split: of the family that is
    /// best there, of the one that has the most parameters, and of its own family as far as `own` says.
    void sideways(Own own);

private:
    std::vector<double> units_for(Index k, const std::vector<Parameters>& partitions) const;
    static void climb_from(Place& place, Climber& climber, const Parameters& start);
    static void keep_higher(Place& place, Peak peak);
    bool is_new(Place& place, const Place& other, Index version) const;
    double bic(const Place& place, double height) const;
    std::vector<Index> by_promise() const;
    bool is_outstanding(const Place& place) const;
    template <class Use>
    void for_each(std::vector<Index> places, Use use);
    template <class Levels>
    void sweep(Levels first, const Levels& last, const std::vector<std::vector<Index>>& sources);
    template <class Body>
    void side_by_side(Index n, Body body);

    const rows::Data& rows_;
    const rows::Data& complete_;
    Summary summary_;
    const Partitions& partitions_;
    const Lattice& lattice_;
    std::vector<Place>& places_;
    Watch& watch_;
    std::vector<Index> all_;
};

}  // namespace gaussmix::em
