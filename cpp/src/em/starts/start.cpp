#include "em/starts/start.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "em/run/options.hpp"
#include "em/starts/kmeans.hpp"
#include "em/starts/narrow.hpp"
#include "em/starts/restricted.hpp"
#include "em/starts/search/search.hpp"
#include "em/starts/seeds.hpp"
#include "estep/distances.hpp"
#include "families/family.hpp"
#include "text/format.hpp"
#include "text/invalid.hpp"

namespace gaussmix::em {
namespace {

// A full covariance that is not nearly singular needs several times as many rows as features.
constexpr Index rows_per_feature = 10;

// If an iteration is cheap, several clusterings are tried.
constexpr double most_trials = 8;
constexpr double trial_flops = 8e5;  // of one iteration of all of them together
constexpr Index trial_iterations = 20;
constexpr Index enough_agree = 2;  // with the best so far: another one is unlikely to be better
constexpr double any_level = -std::numeric_limits<double>::infinity();

std::string shape(Index a, Index b) { return text::format("({}, {})", a, b); }

/// Returns the moments of rough clusters about their own means: one pass for the means, one about them.
Moments about_own_means(const rows::Data& rows, const Source& source, const Summary& summary,
                        const scatter::Form& scatter) {
    std::vector<double> reference;
    for (Index k = 0; k < source.n_components; ++k) {
        reference.insert(reference.end(), summary.means.begin(), summary.means.end());
    }
    const Moments rough = pass(rows, source, reference, scatter::none);
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const double weight = rough.weights[i / summary.means.size()];
        if (weight > 0) reference[i] += rough.first[i] / weight;
    }
    return pass(rows, source, reference, scatter);
}

/// Returns the summary of all rows for a run over some of them, with the same total weight.
Summary of_rows(Summary summary, const rows::Data& rows) {
    summary.n_rows = rows.x.n_rows;
    return summary;
}

/// Begins a run from moments or parameters.
template <class From>
std::unique_ptr<LocalRun> begin_from(Passes& pass, const Options& options, const Summary& summary, const From& from,
                                     const Look& look, const Execution& execution) {
    return std::make_unique<LocalRun>(sharp_run(options, summary, from, look, execution), pass);
}

/// Starts from the clusters of the rows nearest to each centre, which are near the clusters' means.
std::unique_ptr<LocalRun> from_centres(Passes& pass, const std::vector<double>& centres, const Summary& summary,
                                       const Options& options, const Look& look, const Execution& execution) {
    const ScorerNumbers scorer = estep::distance_scorer(centres, options.n_components, summary);
    const Moments& moments = pass({Source::Model{&scorer, estep::Finish::assignments}, options.n_components}, centres);
    return begin_from(pass, options, of_rows(summary, pass.rows()), moments, look, execution);
}

/// Does EM with the default tolerance, for at most `most` iterations and as long as it can still reach `level` in them.
std::unique_ptr<LocalRun> trial_run(Passes& pass, const std::vector<double>& centres, const Summary& summary,
                                    Options options, Index most, double level, const Look& look,
                                    const Execution& execution) {
    options.tol = Options{}.tol;
    // A trial run may be stopped at any time, and must not end at an unaccepted step of the acceleration.
    if (options.acceleration == Acceleration::automatic) options.acceleration = Acceleration::off;
    options.max_iter = std::max(options.max_iter, most);
    auto local = from_centres(pass, centres, summary, options, look, execution);
    iterate(*local, [&] {
        const std::vector<double>& history = local->run.history();
        const std::size_t n = history.size();
        const auto n_left = static_cast<double>(most - static_cast<Index>(n));
        if (n < 2 || n_left == 0) return n_left > 0;
        // EM gains less and less: at most the last gain for each iteration left.
        return !(history[n - 1] + n_left * (history[n - 1] - history[n - 2]) < level);
    });
    return local;
}

/// Returns the size of a sample that is large enough for EM of the family.
Index enough_for(CovarianceType family, Index n_components, Index n_features) {
    Index rows = rows_for_clusters(n_components);
    const whitening::Form& form = families::get(family).whitening;
    if (!form.is_separable()) rows = std::max(rows, form.n_factors(n_components) * rows_per_feature * n_features);
    return rows;
}

/// Returns the cost of an iteration, roughly.
double flops_of_iteration(CovarianceType family, const MatrixView& x, Index n_components) {
    const double row = families::get(family).whitening.flops_of_row(n_components, x.n_features);
    return static_cast<double>(x.n_rows) * row;
}

/// Centres to start from and, if EM from there was tried, how far it climbed.
struct Centres {
    std::vector<double> values;
    std::unique_ptr<LocalRun> local;
};

/// Returns the centres, from k-means or from k-means++ seeds, from which a short EM climbs highest (Biernacki, Celeux
/// and Govaert 2003, section 3.2). Those whose components had to be mended come last.
Centres best_of_trials(Passes& pass, std::vector<double> centres, const Sample& sample, const Summary& summary,
                       const Options& options, random::Generator& generator, const Look& look,
                       const Execution& execution) {
    const Index n = options.n_components;
    const double affordable = trial_flops / flops_of_iteration(options.covariance_type, pass.rows().x, n);
    Index n_left = n == 1 ? 0 : static_cast<Index>(std::min(affordable, most_trials));
    if (n_left == 0) return {std::move(centres), nullptr};
    const auto climb = [&](std::vector<double> from, double level) {
        auto local = trial_run(pass, from, summary, options, trial_iterations, level, look, execution);
        return Centres{std::move(from), std::move(local)};
    };
    const auto reached = [](const Centres& tried) {
        return std::pair(tried.local->run.events().empty(), tried.local->run.history().back());
    };
    Centres best = climb(std::move(centres), any_level);
    for (Index n_agree = 0; n_left > 0 && n_agree < enough_agree; --n_left) {
        const std::pair highest = reached(best);
        Centres other = climb(seed_plusplus(sample.rows(pass.rows().context), n, summary, generator),
                              highest.first ? highest.second - Options{}.tol : any_level);
        const std::pair height = reached(other);
        if (height.first == highest.first && std::abs(height.second - highest.second) < Options{}.tol) {
            ++n_agree;  // keeps the first, so that rounding does not choose
        } else if (height > highest) {
            n_agree = 0;
            best = std::move(other);
        }
    }
    return best;
}

/// Starts from clusters of a sample; if there are many rows, from a mixture of a sample.
std::unique_ptr<LocalRun> from_sample(Passes& pass, const Options& options, const Summary& summary,
                                      random::Generator& generator, bool watched, const Look& look,
                                      const Execution& execution) {
    const rows::Data& rows = pass.rows();
    const Index n = options.n_components;
    const Index few = rows_for_clusters(n);
    const Index enough = enough_for(options.covariance_type, n, rows.x.n_features);
    Sampler sampler(rows, summary, least_saving * enough);
    const Sample sample = sampler.draw(few, generator);
    const auto best_centres = [&](Passes& stage) {
        return best_of_trials(stage,
                              kmeans(sample, n, summary, Clustering::thorough, options.pruning == Pruning::automatic,
                                     generator, rows.context),
                              sample, summary, options, generator, look, execution);
    };
    // Variational Bayes continues from a posterior, not from parameters.
    if (!options.variational && sampler.n_distinct() >= least_saving * enough) {
        // Longer EM on a sample would fit the sample, not the data.
        const Sample larger = sampler.draw(enough, generator);
        Passes stage(larger.rows(rows.context), n, families::get(options.covariance_type).scatter);
        const std::vector<double> centres = best_centres(stage).values;
        const auto local = trial_run(stage, centres, summary, options, Options{}.max_iter, any_level, look, execution);
        // A component that the sample cannot hold may exist in all rows.
        if (local->run.events().empty()) {
            return begin_from(pass, options, summary, local->run.parameters(), look, execution);
        }
        return from_centres(pass, centres, summary, options, look, execution);
    }
    Centres centres = best_centres(pass);
    const bool is_sound = centres.local && centres.local->run.events().empty();
    if (is_sound && options.acceleration == Acceleration::automatic && !options.variational) {
        return begin_from(pass, options, summary, centres.local->run.parameters(), look, execution);
    }
    // Results that this run would compute in the same way need not be computed again.
    const bool alike = options.tol == Options{}.tol && options.max_iter >= trial_iterations;
    if (centres.local && alike && !watched) return std::move(centres.local);
    return from_centres(pass, centres.values, summary, options, look, execution);
}

/// Starts from the best mixture that a search on a sample finds; null if each distinct row can have its own component.
std::unique_ptr<LocalRun> from_search(Passes& pass, const Options& options, const Summary& summary,
                                      random::Generator& generator, const Look& look, const Execution& execution) {
    constexpr Index searched = 3;         // times as many rows as EM needs: a search compares many mixtures
    constexpr double search_flops = 2e8;  // of an iteration, of which a search does about a hundred: from there on
                                          // as many rows as EM needs must do
    const rows::Data& rows = pass.rows();
    const Index n = options.n_components;
    const Index enough = enough_for(options.covariance_type, n, rows.x.n_features);
    const double row_flops =
        flops_of_iteration(options.covariance_type, rows.x, n) / static_cast<double>(rows.x.n_rows);
    const Index affordable = std::max(enough, static_cast<Index>(search_flops / row_flops));
    Sampler sampler(rows, summary, 2 * searched * enough);
    const Index n_distinct = sampler.n_distinct();
    if (n_distinct <= n) return nullptr;
    const bool whole = n_distinct < 2 * enough || (n_distinct < least_saving * enough && n_distinct <= affordable);
    const Index size = whole ? n_distinct : std::min({searched * enough, affordable, n_distinct / 2});
    const Sample sample = sampler.draw(size, generator);
    const auto usual = [&] {
        Passes stage(sample.rows(rows.context), n, families::get(options.covariance_type).scatter);
        std::vector<double> centres = kmeans(sample, n, summary, Clustering::thorough,
                                             options.pruning == Pruning::automatic, generator, rows.context);
        Centres best = best_of_trials(stage, std::move(centres), sample, summary, options, generator, look, execution);
        if (!best.local) {
            best.local = trial_run(stage, best.values, summary, options, trial_iterations, any_level, look, execution);
        }
        return best.local->run.parameters();
    };
    Found found = search(sample, options, summary, usual, generator, rows.context);
    auto local = begin_from(pass, options, summary, found.best, look, execution);
    local->others = std::move(found.others);
    local->height = found.height;
    return local;
}

Moments from_rows(const rows::Data& rows, const Options& options, const Summary& summary,
                  random::Generator& generator) {
    const Index n = options.n_components;
    const scatter::Form& scatter = families::get(options.covariance_type).scatter;
    if (options.init == Init::random) {
        return about_own_means(rows, {Source::Random{generator.next()}, n}, summary, scatter);
    }
    const ScorerNumbers scorer =
        estep::distance_scorer(options.init == Init::kmeans_plusplus ? seed_plusplus(rows, n, summary, generator)
                                                                     : seed_rows(rows, n, generator),
                               n, summary);
    return about_own_means(rows, {Source::Model{&scorer, estep::Finish::assignments}, n}, summary, scatter);
}

/// Checks a given start, by its type.
struct Check {
    const Options& options;
    const MatrixView& x;

    void operator()(const std::monostate&) const {}

    void operator()(const Labels& labels) const {
        if (labels.size != x.n_rows) {
            text::invalid("init has {} labels, but X has {} rows: give one label for each row", labels.size, x.n_rows);
        }
        if (labels.data == nullptr) text::invalid("init has no labels: the pointer is null");
        const std::int64_t least = options.noise ? -1 : 0;
        for (Index i = 0; i < labels.size; ++i) {
            if (labels.data[i] >= least && labels.data[i] < options.n_components) continue;
            text::invalid("init has label {} at row {}: labels must be 0 ... n_components-1 = {}{}", labels.data[i], i,
                          options.n_components - 1, options.noise ? ", or -1 for noise" : "");
        }
    }

    void operator()(const Responsibilities& given) const {
        const Index n_columns = given.values.n_features;
        const bool fits = n_columns == options.n_components || (options.noise && n_columns == options.n_components + 1);
        if (given.values.n_rows != x.n_rows || !fits) {
            text::invalid(
                "init has responsibilities of shape {}, expected (n_rows, n_components) = {}: give one for each row "
                "and component{}",
                shape(given.values.n_rows, n_columns), shape(x.n_rows, options.n_components),
                options.noise ? ", and perhaps the background" : "");
        }
        rows::check(given.values, "init");
        std::vector<double> row(n_columns);
        for (Index i = 0; i < x.n_rows; ++i) {
            rows::read_row(given.values, i, row.data());
            double sum = 0;
            for (std::size_t k = 0; k < row.size(); ++k) {
                if (!std::isfinite(row[k]) || row[k] < 0) {
                    text::invalid(
                        "init has a responsibility of {} at row {}, component {}: they must be finite and not negative",
                        row[k], i, k);
                }
                sum += row[k];
            }
            if (!(sum > 0) || !std::isfinite(sum)) {
                text::invalid("init has responsibilities that sum to {} at row {}: the sum must be positive and finite",
                              sum, i);
            }
        }
    }

    void operator()(const Parameters& given) const { check_start(given, false, options, x.n_features); }

    void operator()(const Inferred& given) const { check_start(given.parameters, true, options, x.n_features); }
};

}  // namespace

Index rows_for_a_fit(const Options& options, Index n_features) {
    constexpr Index times = 12;  // enough for a fit's own search, and for its end to be near that of all rows
    return times * enough_for(options.covariance_type, options.n_components, n_features);
}

void check(const Start& start, const Options& options, const MatrixView& x) { std::visit(Check{options, x}, start); }

/// Begins with a ridge relative to the variances of all rows.
std::unique_ptr<LocalRun> begin(Passes& pass, const Options& options, const Summary& summary, const Start& start,
                                Index restart, bool watched, const Execution& execution) {
    const rows::Data& rows = pass.rows();
    const scatter::Form& scatter = families::get(options.covariance_type).scatter;
    random::Generator generator(options.seed, static_cast<std::uint64_t>(restart));
    std::optional<Sample> looked_at;
    const Look look = [&]() -> const Sample& {
        if (!looked_at) {
            const Index size = rows_for_a_fit(options, rows.x.n_features);
            random::Generator own = generator;
            looked_at = Sampler(rows, summary, 2 * size).draw(size, own);
        }
        return *looked_at;
    };
    const auto from_given = [&](const auto& from) { return begin_from(pass, options, summary, from, look, execution); };
    const auto from_clusters = [&](const Source& source) {
        return from_given(about_own_means(rows, source, summary, scatter));
    };
    if (const auto* parameters = std::get_if<Parameters>(&start)) {
        return from_given(*parameters);
    }
    if (const auto* given = std::get_if<Inferred>(&start)) {
        return std::make_unique<LocalRun>(Run(options, summary, given->parameters, given->posterior, execution), pass);
    }
    if (const auto* labels = std::get_if<Labels>(&start)) {
        return from_clusters({*labels, options.n_components, options.noise.has_value()});
    }
    if (const auto* given = std::get_if<Responsibilities>(&start)) {
        const Index n = options.n_components;
        return from_clusters({*given, n, given->values.n_features > n});
    }
    if (rows.allowed && options.init != Init::random) {
        const std::vector<double> centres = restricted_centres(rows, options.n_components, summary, generator);
        const ScorerNumbers nearest = estep::distance_scorer(centres, options.n_components, summary);
        return from_clusters({Source::Model{&nearest, estep::Finish::assignments}, options.n_components});
    }
    if (options.n_components == 1 && options.init != Init::random && !options.noise) {
        return from_centres(pass, summary.means, summary, options, look, execution);  // all rows, whatever the seeds
    }
    if (options.init == Init::kmeans && searches(options)) {
        if (auto found = from_search(pass, options, summary, generator, look, execution)) return found;
    }
    if (options.init == Init::kmeans) return from_sample(pass, options, summary, generator, watched, look, execution);
    return from_given(from_rows(rows, options, summary, generator));
}

}  // namespace gaussmix::em
