#include "gaussmix/select.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "em/holes.hpp"
#include "em/mstep/known.hpp"
#include "em/mstep/prior.hpp"
#include "em/mstep/variational.hpp"
#include "em/noise_start.hpp"
#include "em/run/options.hpp"
#include "em/select/stages.hpp"
#include "em/starts/default_prior.hpp"
#include "em/starts/donors.hpp"
#include "em/starts/volume.hpp"
#include "em/units.hpp"
#include "families/settle.hpp"
#include "gaussmix/fit.hpp"
#include "rows/allowed.hpp"
#include "rows/summary.hpp"
#include "text/format.hpp"
#include "text/invalid.hpp"

namespace gaussmix {
namespace {

/// How hard a selection searches.
struct EffortBudget {
    Index partitions;  // of the rows into each number of components
    int rounds;        // of steps to neighbours, up and down
    em::Own own;       // which neighbours of its own family each cell has
};

EffortBudget budget_of(const Options& options) {
    const Effort effort = options.effort;
    // A few rows of a background may pass for a cluster in the only partition: neighbours know better.
    if (effort == Effort::low) return {1, options.noise ? 1 : 0, em::Own::none};
    return effort == Effort::normal ? EffortBudget{4, 1, em::Own::merged}
                                    : EffortBudget{16, 3, em::Own::merged_and_split};
}

template <class T>
void check_list(const char* what, std::vector<T> values) {
    if (values.empty()) text::invalid("{} is empty: give one or more", what);
    std::sort(values.begin(), values.end());
    if (std::adjacent_find(values.begin(), values.end()) == values.end()) return;
    text::invalid("{} has an entry twice: give each once", what);
}

void check(const SelectOptions& options) {
    check_list("covariance_types", options.covariance_types);
    check_list("n_components", options.n_components);
    if (options.max_fits && *options.max_fits < 1) text::invalid("max_fits={} must be at least 1", *options.max_fits);
    if (options.max_seconds && !(*options.max_seconds > 0)) {
        text::invalid("max_seconds={} must be positive", *options.max_seconds);
    }
    if (options.fit.variational) text::invalid("select compares maxima of a likelihood: leave variational unset");
}

/// The prior with its covariance in the shape that the family has.
Prior prior_for(const Prior& prior, const Options& options, Index d, const rows::Context& context) {
    const Index size = signed_size(prior.covariance);
    if (size != d && size != d * d) return prior;
    Prior own = prior;
    const Parameters given = em::with_covariance(prior.covariance, em::free_family(d > 1 && size == d * d), d);
    own.covariance =
        families::in_family(given, options.covariance_type, families::Nearest::exactly, context).covariances;
    return own;
}

/// `known` are rows that a prior is taken from.
std::vector<em::Place> places_of(const SelectOptions& options, const rows::Data& known, const Summary& summary) {
    std::vector<em::Place> places;
    for (const Index k : options.n_components) {
        for (Index family = 0; family < signed_size(options.covariance_types); ++family) {
            em::Place place;
            place.family = family;
            place.options = options.fit;
            place.options.n_components = k;
            place.options.covariance_type = options.covariance_types[family];
            place.seen.resize(options.covariance_types.size() * options.n_components.size());
            Options& own = place.options;
            em::check(own);
            em::check_size(own, known.x.n_features);
            if (!em::Units(summary, own).is_identity()) {
                text::invalid(
                    "X has numbers whose squares leave the range of doubles: divide its columns by their spread");
            }
            if (own.prior) {
                own.prior = prior_for(*own.prior, own, known.x.n_features, known.context);
                em::check_given(*own.prior, own, known.x.n_features);
                own.prior = em::complete(*own.prior, own, summary, known);
            }
            places.push_back(std::move(place));
        }
    }
    return places;
}

/// Cells with more components than there are rows of weight cannot be fitted.
void leave_out(std::vector<em::Place>& places, const rows::Data& rows, const SelectOptions& options) {
    Index n = rows.x.n_rows;
    if (rows.weights) {
        n = std::count_if(rows.weights.data, rows.weights.data + n, [](double weight) { return weight > 0; });
    }
    const bool has_constant = options.fit.noise && !options.fit.noise->constant.empty();
    for (std::size_t at = 0; at < places.size(); ++at) {
        em::Place& place = places[at];
        const CovarianceType family = options.covariance_types[at % options.covariance_types.size()];
        if (place.k() > n) place.why = text::format("more components than the {} rows", n);
        if (has_constant && families::get(family).whitening.is_uniform()) {
            place.why = "the background leaves a constant feature out, which this family cannot";
        }
    }
}

std::string collapsed_in_words(const std::vector<Index>& collapsed) {
    std::string which;
    for (const Index k : collapsed) which += text::format(which.empty() ? "{}" : ", {}", k);
    return text::format("degenerate: collapsed components {}", which);
}

/// Runs the stages on rows that are few enough to need no sample.
void search(em::Stages& stages, const SelectOptions& options) {
    const EffortBudget budget = budget_of(options.fit);
    stages.try_partitions(budget.partitions);
    if (options.max_fits) stages.keep_best(*options.max_fits);
    stages.climb();
    for (int round = 0; round < budget.rounds; ++round) {
        stages.sideways(budget.own);
        stages.up();
        stages.down();
    }
}

/// Returns the rows of a sample that partitions are of: those that a first fit with the most components does not leave
/// to the background, whose share becomes the one to start from.
em::Sample without_noise(Options& options, const em::Sample& sample, const Execution& execution) {
    const auto fit_sample = [&](const em::Sample& rows, const Options& own) {
        return fit(own, row_major(rows.values, rows.n_features), WeightsView(rows.weights), {}, execution);
    };
    em::Cleaned rest = em::cleaned(sample, options, fit_sample, execution);
    options.noise->weight = rest.noise_weight;
    return std::move(rest.sample);
}

/// Returns rows without missing values to find starts on: of all rows, or of a sample of this size.
em::Sample completed(const rows::Data& rows, const Summary& summary, em::Sampler& sampler, bool all, Index size,
                     std::uint64_t seed) {
    random::Generator generator(seed, 0);
    if (!all) return em::completed(sampler.draw(size, generator), summary, rows.context);
    em::PieceSampler every(summary, rows.x.n_rows, generator);
    every.visit(rows);
    return em::completed(std::move(every).sample(), summary, rows.context);
}

void check(const std::vector<AllowedView>& allowed, const SelectOptions& options, Index n_rows) {
    if (allowed.empty()) return;
    if (allowed.size() != options.n_components.size()) {
        text::invalid("allowed has {} entries, expected one for each of the {} numbers of components", allowed.size(),
                      options.n_components.size());
    }
    for (std::size_t i = 0; i < allowed.size(); ++i) {
        rows::check(allowed[i], n_rows);
        rows::check_terms(allowed[i], options.n_components[i], options.fit.noise.has_value());
    }
}

/// Tells each place what the rows of its fits may have come from.
void tell(std::vector<em::Place>& places, const std::vector<AllowedView>& allowed) {
    if (allowed.empty()) return;
    const std::size_t n_families = places.size() / allowed.size();
    for (std::size_t at = 0; at < places.size(); ++at) places[at].allowed = allowed[at / n_families];
}

/// Makes the ends of a search on a sample the starts of one on all rows.
void start_again(std::vector<em::Place>& places) {
    for (em::Place& place : places) {
        if (place.version > 0) place.starts = {{std::move(place.best.model.parameters), place.best.height}};
        place.best = {};
        place.version = 0;
        std::fill(place.seen.begin(), place.seen.end(), 0);
    }
}

}  // namespace

std::vector<CovarianceType> sensible_families(Index n_rows, Index n_features, bool has_prior) {
    std::vector<const families::Family*> found;
    for (const families::Family* family : families::all()) {
        const whitening::Form& form = family->whitening;
        if (n_features == 1 ? form.is_uniform() : (n_rows > n_features || has_prior || form.is_separable())) {
            found.push_back(family);
        }
    }
    const auto freedom = [](const families::Family* family) {
        // Families that mclust lacks come first.
        const auto letter = [&](std::size_t at) {
            return family->code.empty() ? 0 : 1 + std::string_view("IEV").find(family->code[at]);
        };
        return std::tuple(letter(2), letter(1), letter(0));
    };
    std::stable_sort(found.begin(), found.end(), [&](const auto* a, const auto* b) { return freedom(a) < freedom(b); });
    std::vector<CovarianceType> result;
    for (const families::Family* family : found) result.push_back(family->covariance);
    return result;
}

std::vector<Cell> select(const SelectOptions& given, const MatrixView& x, WeightsView sample_weight,
                         const Execution& execution, const OnCells& on_cells, const std::vector<AllowedView>& allowed) {
    check(given);
    SelectOptions options = given;
    em::check(options.fit);
    em::check_nothing_fixed(options.fit);
    rows::check(x);
    rows::check(sample_weight, x.n_rows);
    check(allowed, options, x.n_rows);
    const rows::Context context(execution);
    parallel::checkpoint();
    const std::vector<double> scaled_weights = em::rescale_extreme_weights(sample_weight);
    const WeightsView weights = scaled_weights.empty() ? sample_weight : WeightsView{scaled_weights.data(), x.n_rows};
    const rows::Data rows{x, weights, context};
    const Execution decided{context.n_threads, context.table.name, execution.poll};
    Summary summary = summarize(x, weights, decided);
    em::check_holes(summary);
    const em::Lattice lattice(options.covariance_types);
    const Index most = *std::max_element(options.n_components.begin(), options.n_components.end());
    const bool whole =
        std::any_of(options.covariance_types.begin(), options.covariance_types.end(),
                    [](CovarianceType family) { return !families::get(family).whitening.is_separable(); });
    em::Watch watch(options.max_seconds, on_cells);
    const Index size = std::max(em::rows_for_clusters(most), 10 * most * x.n_features);
    em::Sampler sampler(rows, summary, em::least_saving * size);
    const bool on_all = sampler.n_distinct() < em::least_saving * size;
    const bool has_holes = rows::has_holes(summary);
    em::Sample filled;  // the rows without missing values
    if (has_holes) filled = completed(rows, summary, sampler, on_all, size, options.fit.seed);
    const rows::Data whole_rows = filled.rows(context);
    em::Sample found;  // rows that partitions are of: without those of a background
    if (options.fit.noise) {
        random::Generator generator(options.fit.seed, 0);
        const em::Sample drawn = sampler.draw(size, generator);
        const em::Sample& sample = has_holes ? filled : drawn;
        options.fit.n_components = std::min(most, sample.n_rows());
        options.fit.covariance_type = em::free_family(whole);
        summary = em::without_far_rows(std::move(summary), drawn);
        options.fit.noise = complete(*options.fit.noise, options.fit, summary, drawn);
        found = without_noise(options.fit, sample, decided);
    }
    const rows::Data clean = options.fit.noise ? found.rows(context) : whole_rows;
    const bool is_cleaned = options.fit.noise || has_holes;
    const Summary of_clean = is_cleaned ? summarize(clean.x, clean.weights, decided) : Summary{};
    const auto partitions_of = [&](const rows::Data& all, const Summary& of_all) {
        return em::Partitions(is_cleaned ? clean : all, is_cleaned ? of_clean : of_all, most, whole, options.fit.seed);
    };
    std::vector<em::Place> places = places_of(options, has_holes ? whole_rows : rows, summary);
    leave_out(places, rows, options);
    if (on_all) {
        tell(places, allowed);
        const em::Partitions partitions = partitions_of(rows, summary);
        em::Stages stages(rows, has_holes ? whole_rows : rows, summary, partitions, lattice, places, watch);
        search(stages, options);
        stages.up();
    } else {
        random::Generator generator(options.fit.seed, 0);
        const em::Sample sample = sampler.draw(size, generator);
        rows::Data few = sample.rows(context);
        few.x.missing = x.missing;
        Summary of_few = summary;
        of_few.n_rows = sample.n_rows();
        const em::Partitions partitions = partitions_of(few, of_few);
        em::Stages stages(few, has_holes ? whole_rows : few, of_few, partitions, lattice, places, watch);
        search(stages, options);
        start_again(places);
        tell(places, allowed);
        Summary sharp = summary;
        sharp.variances = stages.units();
        em::Stages of_all(rows, rows, sharp, partitions, lattice, places, watch);
        if (!allowed.empty()) of_all.try_partitions(0);  // the sample knew nothing of them
        of_all.climb();
        of_all.up();
    }

    std::vector<Cell> cells;
    for (Index family = 0; family < signed_size(options.covariance_types); ++family) {
        for (std::size_t i = 0; i < options.n_components.size(); ++i) {
            em::Place& place = places[i * options.covariance_types.size() + family];
            Cell cell{options.covariance_types[family], place.k(), std::nullopt, {}, std::move(place.why)};
            if (place.version > 0) {
                cell.evidence = evidence(place.best.model.scorer, x, sample_weight, decided, place.allowed);
                if (!place.best.sound) cell.why = collapsed_in_words(place.best.model.collapsed);
                cell.model = std::move(place.best.model);
                cell.model->missing = x.missing;
            } else if (cell.why.empty()) {
                cell.why = "not fitted: the time was up";
            }
            cells.push_back(std::move(cell));
        }
    }
    return cells;
}

}  // namespace gaussmix
