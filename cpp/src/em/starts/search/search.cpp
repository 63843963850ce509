#include "em/starts/search/search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <tuple>

#include "em/run/iterate.hpp"
#include "em/starts/kmeans.hpp"
#include "em/starts/narrow.hpp"
#include "em/starts/search/merges.hpp"
#include "em/starts/search/splits.hpp"
#include "estep/distances.hpp"
#include "families/family.hpp"

namespace gaussmix::em {
namespace {

// Iterations of EM: few, because the next change matters more than convergence here.
constexpr Index overfit_iterations = 5;
constexpr Index merge_iterations = 5;
constexpr Index usual_iterations = 10;
constexpr Index swap_iterations = 10;
constexpr Index finishing_iterations = 30;

constexpr Index most_overfits = 3;  // tried when components had to be mended
constexpr Index most_rounds = 10;   // of splits and merges
constexpr Index most_failures = 4;  // successive, of single swaps
// With many components, one swap changes little and costs as much.
constexpr Index many_components = 64;
constexpr Index fewer_rounds = 4;
constexpr Index fewer_failures = 2;
constexpr Index merge_stages = 4;    // about
constexpr Index merges_a_split = 6;  // cheapest pairs that are considered for each split
constexpr double least_rise = 1e-3;  // of the log-likelihood per row, for a swap to be kept
constexpr double doubtful = -0.1;    // bounds on gain and loss are not tight: a swap that promises this much is tried
constexpr Index few_components = 4;  // so few have hardly any swaps to show whether an end is the best
constexpr double least_responsibility = 1e-3;
constexpr double climbing_tol = 1e-4;
constexpr double near_heights = 0.1;  // of two ends: they can be distinguished only after convergence
constexpr Index most_components = 512;
constexpr double any_height = -std::numeric_limits<double>::infinity();

/// A model, and what is known about the rows under it.
struct State {
    Parts parts;
    double height;
    bool sound;
    Parameters parameters;
    ScorerNumbers scorer;
};

/// A swap: `a` and `b` become one, `k` two.
struct Swap {
    double gain;
    Index a;
    Index b;
    Index k;
    std::tuple<Index, Index, Index> key() const noexcept { return {a, b, k}; }
};

class Search {
public:
    Search(const Sample& sample, const Options& options, const Summary& summary, random::Generator& generator,
           const rows::Context& context)
        : sample_(sample),
          rows_(sample.rows(context)),
          options_(options),
          units_(summary),
          summary_(summary),
          generator_(generator),
          execution_{context.n_threads, context.table.name, context.poll} {
        log_determinant_.emplace(options_, make_ridge(options, summary), context.table);
        options_.tol = climbing_tol;
        options_.acceleration = Acceleration::off;
        options_.max_iter = std::numeric_limits<Index>::max();
        options_.bounds = options_.bounds.of_variances();      // it has mixtures of other numbers of components
        if (options_.noise) options_.noise->constant.clear();  // no event that tells against an end
        summary_.n_rows = sample.n_rows();                     // whose weights sum to those of all rows
    }

    /// Fits several times as many components as wanted, then merges them down.
    State merged_down(double times) {
        const Index n = options_.n_components;
        const Index believable = sample_.n_rows() / least();
        const auto many = static_cast<Index>(std::lround(times * static_cast<double>(n)));
        Index k = std::max(n, std::min(many, believable));
        State state = overfit(k);
        for (Index tried = 1; tried < most_overfits && !state.sound; ++tried) {
            State other = overfit(k);
            if (other.sound || other.height > state.height) state = std::move(other);
        }
        while (k > n) {
            const Index at_least = n > many_components ? n / (1 << (merge_stages - 1)) : 1;
            const Index n_merges = std::min(std::max((k - n + 1) / 2, at_least), k - n);
            const Memberships memberships(rows_, state.scorer, least_responsibility);
            k -= merge(state.parts, merges_of(state, memberships), n_merges);
            state = climb(state.parts.moments(), merge_iterations);
        }
        return state;
    }

    /// Continues from parameters.
    State resumed(const Parameters& parameters, Index n_iterations) {
        return climb(of(parameters.n_components), parameters, n_iterations);
    }

    /// Climbs to the end.
    void finish(State& state) {
        Options options = options_;
        options.acceleration = Acceleration::automatic;
        state = climb(options, state.parameters, finishing_iterations);
    }

    /// Splits and merges for as long as they help; returns whether any swap was worth a trial.
    bool split_and_merge(State& state) {
        bool in_doubt = false;
        Index n_failures = 0;
        std::set<std::tuple<Index, Index, Index>> failed;
        std::vector<Swap> swaps;
        std::vector<std::optional<Split>> splits;
        bool fresh = true;
        bool together = true;
        const bool many = options_.n_components > many_components;
        const Index rounds = many ? fewer_rounds : most_rounds;
        const Index failures = many ? fewer_failures : most_failures;
        for (Index round = 0; round < rounds && n_failures < failures;) {
            if (fresh) {
                const Memberships memberships(rows_, state.scorer, least_responsibility);
                const std::vector<Merge> merges = merges_of(state, memberships);
                splits =
                    find_splits(state.parts, memberships, rows_, state.scorer, options_, summary_, generator_.next());
                swaps = promising(merges, splits);
                failed.clear();
                fresh = false;
            }
            const std::vector<Swap> chosen = choose(swaps, failed, together);
            if (chosen.empty() && !together) break;
            if (!chosen.empty()) {
                in_doubt = true;
                // Any change to a component of too few rows raises the likelihood.
                const double target = state.sound ? state.height + least_rise : any_height;
                Parts parts = state.parts;
                for (const Swap& swap : chosen) {
                    parts.merge(swap.a, swap.b);
                    parts.split(swap.k, splits[swap.k]->halves, swap.b);
                }
                std::optional<State> other = climb_to(target, options_, parts.moments(), swap_iterations);
                if (other && other->sound && other->height > target) {
                    state = std::move(*other);
                    n_failures = 0;
                    fresh = together = true;
                    ++round;
                    continue;
                }
                if (chosen.size() == 1) {
                    failed.insert(chosen.front().key());
                    ++n_failures;
                }
            }
            together = false;
        }
        return in_doubt;
    }

private:
    Index least() const noexcept { return least_rows(options_.covariance_type, sample_.n_features); }

    std::vector<Merge> merges_of(const State& state, const Memberships& memberships) {
        return find_merges(state.parts, memberships, rows_, state.scorer, *log_determinant_, least());
    }

    Options of(Index n_components) const {
        Options options = options_;
        options.n_components = n_components;
        return options;
    }

    /// Returns the passes for this many components, which reuse their memory.
    Passes& passes(Index k) {
        if (k != n_passed_)
            passes_ = std::make_unique<Passes>(rows_, k, families::get(options_.covariance_type).scatter);
        n_passed_ = k;
        return *passes_;
    }

    State overfit(Index k) {
        const std::vector<double> centres = kmeans(sample_, k, units_, Clustering::rough,
                                                   options_.pruning == Pruning::automatic, generator_, rows_.context);
        const ScorerNumbers nearest = estep::distance_scorer(centres, k, units_);
        const Moments& moments = passes(k)({Source::Model{&nearest, estep::Finish::assignments}, k}, centres);
        return climb(moments, overfit_iterations);
    }

    State climb(const Moments& moments, Index n_iterations) {
        return climb(of(moments.n_components), moments, n_iterations);
    }

    template <class From>
    State climb(const Options& options, const From& from, Index n_iterations) {
        return *climb_to(any_height, options, from, n_iterations);
    }

    /// Climbs for this many passes from moments or parameters; returns nothing if they will not reach that height.
    /// Begins again if the ridge blurred a cluster.
    template <class From>
    std::optional<State> climb_to(double height, const Options& options, const From& from, Index n_iterations) {
        Run run(options, summary_, from, execution_);
        if (sharpen(run)) run = Run(options, summary_, from, execution_);
        const Index k = run.parameters().n_components;
        Passes& pass = passes(k);
        LocalRun local(std::move(run), pass);
        bool hopeful = true;
        const auto go_on = [&] {
            const std::vector<double>& history = local.run.history();
            const std::size_t n = history.size();
            const Index n_left = n_iterations - static_cast<Index>(n);
            // EM gains less and less: at most the last gain for each iteration left.
            if (n >= 2) {
                const double gain = history[n - 1] - history[n - 2];
                hopeful = !(history[n - 1] + static_cast<double>(n_left) * gain < height);
            }
            return hopeful && n_left > 1;
        };
        if (n_iterations > 1) iterate(local, go_on);
        if (!hopeful) return std::nullopt;
        if (sharpen(local.run)) return climb_to(height, options, local.run.parameters(), n_iterations);
        // There is no M-step after the last pass: swaps are made from its moments.
        const ScorerNumbers& scorer = local.run.scorer().numbers();
        const Moments& moments = pass(under(scorer), scorer.means);
        State state{Parts(moments), local.run.objective(moments), local.run.events().empty(), local.run.parameters(),
                    scorer};
        state.sound = state.sound && believable(state);
        return state;
    }

    /// Lowers the ridge where it holds a component open that is narrow, but not collapsed.
    bool sharpen(const Run& run) {
        if (run.events().empty()) return false;
        const Look look = [this]() -> const Sample& { return sample_; };
        std::optional<Summary> units = narrowed(summary_, run, look, execution_);
        if (!units) return false;
        summary_ = std::move(*units);
        log_determinant_.emplace(options_, make_ridge(options_, summary_), rows_.context.table);
        return true;
    }

    /// Returns whether each component has as many rows as it needs, however small their weights.
    bool believable(const State& state) const {
        const auto few = static_cast<double>(least());
        const std::vector<double>& weights = state.parameters.weights;
        const auto least_of = [](const std::vector<double>& numbers) {
            return *std::min_element(numbers.begin(), numbers.end());
        };
        if (least_of(weights) * static_cast<double>(sample_.n_rows()) >= few) return true;
        return least_of(Memberships(rows_, state.scorer, least_responsibility).n_members(signed_size(weights))) >= few;
    }

    /// Merges up to n disjoint pairs. Returns how many.
    static Index merge(Parts& parts, const std::vector<Merge>& merges, Index n) {
        std::vector<char> touched(parts.size());
        std::vector<char> gone(touched.size());
        Index n_merged = 0;
        for (const Merge& pair : merges) {
            if (n_merged == n) break;
            char& a = touched[pair.a];
            char& b = touched[pair.b];
            if (a != 0 || b != 0) continue;
            a = b = gone[pair.b] = 1;
            parts.merge(pair.a, pair.b);
            ++n_merged;
        }
        parts.remove(gone);
        return n_merged;
    }

    /// Returns all swaps worth a trial, best first.
    static std::vector<Swap> promising(const std::vector<Merge>& merges,
                                       const std::vector<std::optional<Split>>& splits) {
        std::vector<Swap> swaps;
        for (std::size_t at = 0; at < splits.size(); ++at) {
            if (!splits[at] || !(splits[at]->gain > 0)) continue;
            const auto k = static_cast<Index>(at);
            Index n_weighed = 0;
            for (const Merge& pair : merges) {
                if (pair.a == k || pair.b == k) continue;
                if (n_weighed++ == merges_a_split) break;
                const double gain = splits[at]->gain - pair.loss;
                if (gain > doubtful) swaps.push_back({gain, pair.a, pair.b, k});
            }
        }
        std::sort(swaps.begin(), swaps.end(), [](const Swap& s, const Swap& t) {
            return std::pair(-s.gain, s.key()) < std::pair(-t.gain, t.key());
        });
        return swaps;
    }

    /// Returns the best swaps that touch no component twice and promise a gain; or the best single one.
    static std::vector<Swap> choose(const std::vector<Swap>& swaps,
                                    const std::set<std::tuple<Index, Index, Index>>& failed, bool together) {
        std::vector<Swap> chosen;
        std::set<Index> touched;
        for (const Swap& swap : swaps) {
            if (together && !(swap.gain > 0)) break;
            if (failed.count(swap.key()) > 0) continue;
            if (touched.count(swap.a) + touched.count(swap.b) + touched.count(swap.k) > 0) continue;
            chosen.push_back(swap);
            touched.insert({swap.a, swap.b, swap.k});
            if (!together) break;
        }
        return chosen;
    }

    const Sample& sample_;
    rows::Data rows_;
    Options options_;
    const Summary& units_;  // of distances
    Summary summary_;       // for runs: of the sample's rows, and what the ridge is relative to
    random::Generator& generator_;
    Execution execution_;
    std::optional<LogDeterminant> log_determinant_;  // always there; made anew with the ridge
    std::unique_ptr<Passes> passes_;
    Index n_passed_ = 0;  // components of passes_
};

/// Returns whether a is the better end; false for equal ones, so that rounding does not choose.
bool better(const State& a, const State& b) {
    return a.sound != b.sound ? a.sound : a.height > b.height + climbing_tol;
}

/// The beginnings of a search: over-fits, as multiples of the wanted number of components, and the usual start.
constexpr double usual_start = 0;
std::vector<double> ways(const Options& options) {
    if (options.effort == Effort::high) return {3, 2, usual_start, 2, 1.5};
    if (options.n_components <= few_components) return {3, usual_start};
    if (options.n_components > many_components) return {2, usual_start};
    return {3, 2};
}

}  // namespace

bool searches(const Options& options) noexcept {
    return options.effort != Effort::low && !options.variational && options.n_components > 1 &&
           options.n_components <= most_components;
}

Found search(const Sample& sample, const Options& options, const Summary& summary,
             const std::function<Parameters()>& usual, random::Generator& generator, const rows::Context& context) {
    Search search(sample, options, summary, generator, context);
    std::optional<State> best;
    std::vector<End> others;
    const auto tell = [&others](const State& state) { others.push_back({state.height, 1, !state.sound}); };
    for (const double times : ways(options)) {
        State state = times == usual_start ? search.resumed(usual(), usual_iterations) : search.merged_down(times);
        const bool in_doubt = search.split_and_merge(state) || options.n_components <= few_components;
        if (best && std::abs(state.height - best->height) < near_heights) {
            search.finish(*best);
            search.finish(state);
        }
        if (best) tell(better(state, *best) ? *best : state);
        if (!best || better(state, *best)) best = std::move(state);
        if (options.effort == Effort::normal && best->sound && !in_doubt) break;
    }
    return {std::move(best->parameters), best->height, std::move(others)};
}

Parameters improved(const Sample& sample, const Options& options, const Summary& summary, const Parameters& start,
                    random::Generator& generator, const rows::Context& context) {
    Search search(sample, options, summary, generator, context);
    State state = search.resumed(start, usual_iterations);
    search.split_and_merge(state);
    return std::move(state.parameters);
}

}  // namespace gaussmix::em
