#include "em/select/climb.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "em/run/affinity.hpp"
#include "em/starts/matching.hpp"
#include "families/settle.hpp"

namespace gaussmix::em {
namespace {

constexpr double any_height = -std::numeric_limits<double>::infinity();
/// So many iterations of a start are EM's own: they show how much is left to gain.
constexpr Index trial_iterations = 8;
constexpr double doubt = 3;  // a series of gains may sum to this many times its estimate

/// Returns the height that a run may still reach if its gains continue as a geometric series.
double promised(const std::vector<double>& history) {
    const std::size_t n = history.size();
    if (n < 3) return std::numeric_limits<double>::infinity();
    const double gain = history[n - 1] - history[n - 2];
    const double ratio = gain / (history[n - 2] - history[n - 3]);
    if (gain <= 0) return history[n - 1];
    if (!(ratio < 1)) return std::numeric_limits<double>::infinity();
    return history[n - 1] + doubt * gain * ratio / (1 - ratio);
}

}  // namespace

Climber::Climber(const rows::Data& rows, const Summary& summary, const Options& options, Index n_distinct,
                 const AllowedView& allowed)
    : execution_{1, rows.context.table.name, parallel::nested_poll()},
      context_(execution_),
      rows_{rows.x, rows.weights, context_, nullptr, allowed},
      summary_(summary),
      options_(options),
      n_distinct_(n_distinct),
      pass_(rows_, options_.n_components, families::get(options_.covariance_type).scatter) {}

Run Climber::begin(const Options& options, const Parameters& start) const {
    Parameters own = families::in_family(start, options.covariance_type, families::Nearest::about, context_);
    Run run(options, summary_, std::move(own), execution_, Run::Settled::yes);
    run.accelerate_boldly(trial_iterations);
    return run;
}

Parameters Climber::matched(const Parameters& start) const {
    return rows_.allowed ? em::matched(start, affinity(rows_, gaussmix::prepare(start, execution_))) : start;
}

std::vector<Trial> Climber::best_of(const std::vector<Parameters>& starts) {
    Options options = options_;
    options.acceleration = Acceleration::off;  // a trial may end at any iteration
    options.max_iter = trial_iterations;
    const auto reached = [](const LocalRun& local) {
        return std::pair(local.run.events().empty(), local.run.history().back());
    };
    std::vector<std::unique_ptr<LocalRun>> best;
    for (const Parameters& start : starts) {
        auto local = std::make_unique<LocalRun>(begin(options, matched(start)), pass_);
        const double least = best.size() == 2 && reached(*best[1]).first ? reached(*best[1]).second : any_height;
        iterate(*local, [&] { return promised(local->run.history()) > least; });
        best.push_back(std::move(local));
        std::stable_sort(best.begin(), best.end(),
                         [&](const auto& a, const auto& b) { return reached(*a) > reached(*b); });
        if (best.size() > 2) best.pop_back();
    }
    std::vector<Trial> result;
    for (const auto& local : best) result.push_back({local->run.parameters(), local->run.history().back()});
    return result;
}

std::optional<Peak> Climber::climb(const Parameters& start, const Peak& best) {
    const double least = best.sound ? best.height : any_height;
    const bool accelerates = options_.acceleration == Acceleration::automatic;
    LocalRun local(begin(options_, start), pass_);
    bool hopeful = true;
    iterate(local, [&] {
        const std::vector<double>& history = local.run.history();
        if (accelerates && signed_size(history) > trial_iterations) return true;
        hopeful = history.back() > least || promised(history) > least + options_.tol;
        return hopeful;
    });
    if (!hopeful) return std::nullopt;
    return peak_of(local);
}

Peak Climber::stay(const Parameters& start) {
    Options options = options_;
    options.max_iter = 0;
    LocalRun local(begin(options, start), pass_);
    return peak_of(local);
}

Peak Climber::peak_of(LocalRun& local) const {
    Run& run = local.run;
    Peak peak;
    peak.height = run.objective(local.reading.moments(run));
    std::vector<Index> collapsed = run.collapsed(n_distinct_);
    peak.sound = collapsed.empty();
    peak.model = std::move(run).model();
    peak.model.collapsed = std::move(collapsed);
    peak.model.pairs = std::move(local.pairs);
    return peak;
}

const Moments& Climber::moments(const Scorer& scorer) { return pass_(under(scorer.numbers()), scorer.numbers().means); }

}  // namespace gaussmix::em
