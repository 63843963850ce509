#include "em/pruning/screening.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "em/pruning/space.hpp"
#include "estep/distances.hpp"
#include "families/prepare.hpp"
#include "kernels/layout.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::em {
namespace {

/// Returns `whitening::Form::most_kept`, or 0 for too few rows.
double most_kept(const MatrixView& x, Index n_components, const whitening::Form& form) {
    if (x.n_rows < tuning::least_pruned_rows || n_components > std::numeric_limits<std::uint16_t>::max()) return 0;
    return form.most_kept(n_components, x.n_features);
}

float rounded_down(double value) {
    const auto nearest = static_cast<float>(value);
    return static_cast<double>(nearest) > value ? std::nextafter(nearest, 0.0F) : nearest;
}

float rounded_up(double value) {
    return std::nextafter(static_cast<float>(value), std::numeric_limits<float>::infinity());
}

/// Returns the scorer of the same components without correlations.
ScorerNumbers variances_alone(const ModelWithCovariances& model) {
    const Index d = model.scorer->n_features;
    std::vector<double> variances;
    variances.reserve(model.scorer->means.size());
    for (Index k = 0; k < model.scorer->n_components; ++k) {
        for (Index j = 0; j < d; ++j) {
            variances.push_back((*model.covariances)[(k * d + j) * d + j]);
        }
    }
    return whitening::uncorrelated(*model.scorer, variances);
}

/// Returns the share of pairs that may count, from evenly sampled rows.
double share_kept(const ScorerNumbers& scorer, const rows::Data& rows) {
    constexpr double farthest = 83;  // 2 ln 2^60
    const Index step = std::max<Index>(rows.x.n_rows / tuning::sampled_rows, 1);
    MatrixView some = rows.x;
    some.n_rows /= step;
    some.row_stride *= step;
    const rows::Data few{some, {}, rows.context};
    const rows::Plan plan = estep::distance_plan(few, scorer.n_components);
    std::vector<Index> kept(plan.n_chunks);
    estep::for_each_distance(
        few, plan, scorer,
        [&](const estep::Tile<double>& tile, Index chunk) {
            for (Index i = 0; i < tile.n(); ++i) {
                double least = tile.values(0)[i];
                for (Index k = 1; k < scorer.n_components; ++k) least = std::min(least, tile.values(k)[i]);
                for (Index k = 0; k < scorer.n_components; ++k) {
                    kept[chunk] += tile.values(k)[i] - least <= farthest ? 1 : 0;
                }
            }
        },
        [](Index) {});
    return static_cast<double>(std::accumulate(kept.begin(), kept.end(), Index{0})) /
           static_cast<double>(some.n_rows * scorer.n_components);
}

/// Replaces values[p] by values[from[p]].
template <class Value>
void rearrange(Value* values, const std::vector<std::uint16_t>& from) {
    const std::vector<Value> old(values, values + from.size());
    for (std::size_t p = 0; p < from.size(); ++p) values[p] = old[from[p]];
}

}  // namespace

Screening::Screening(const MatrixView& x, Index n_components, const whitening::Form& form, bool wanted,
                     estep::Finish finish)
    : n_rows_(x.n_rows),
      n_features_(x.n_features),
      n_components_(n_components),
      group_(rows::group_rows(x.scalar)),
      stride_(kernels::round_up(n_components, kernels::bounds_block)),
      whole_(finish != estep::Finish::responsibilities),
      guesses_(form.can_cut() && x.n_features >= tuning::cutting_features),
      in_space_(!guesses_ && n_components >= tuning::many_components),
      block_(in_space_ ? tuning::rows_in_space : tuning::sorted_rows),
      few_rows_(guesses_ && x.n_rows < tuning::carried_rows_per_feature * x.n_features),
      labels_probes_(form.can_cut() && x.n_features >= tuning::costly_features),
      most_kept_(wanted ? most_kept(x, n_components, form) : 0),
      use_(most_kept_ > 0 ? first_use() : Use::rest) {}

/// If rows are assigned whole, no probe is needed to see what counts.
Screening::Use Screening::first_use() const noexcept {
    if (in_space_) return Use::guess;
    if (whole_) return Use::record;
    return guesses_ ? Use::guess : Use::probe;
}

double Screening::bytes(const MatrixView& x, const ScorerNumbers& model) noexcept {
    constexpr double labels = sizeof(std::uint16_t) + 2 * sizeof(std::uint8_t);
    constexpr double place = sizeof(std::uint16_t);
    const auto components = static_cast<double>(kernels::round_up(model.n_components, kernels::bounds_block));
    const double bounds = components * sizeof(std::int16_t) / static_cast<double>(rows::group_rows(x.scalar));
    const auto d = static_cast<double>(x.n_features);
    const double matrix = whitening::of(model).drifts_by_covariances() ? d * d : d;
    const double before = static_cast<double>(model.n_components) * (d + matrix) * sizeof(double);
    return static_cast<double>(x.n_rows) * (bounds + labels + place) + before;
}

void Screening::make_room() {
    if (!bounds_.empty()) return;
    const Index n_groups = (n_rows_ + group_ - 1) / group_;
    best_.resize(n_groups * group_);
    near_.resize(best_.size());
    level_.resize(best_.size());
    bounds_.resize(n_groups * stride_);
    if (!few_rows_) gaps_.resize(n_components_);
    scale_.resize(stride_);
    shift_.resize(scale_.size());
}

/// Decides on `Use::guess`, before the pass.
void Screening::decide(const ModelWithCovariances& model, const rows::Data& rows) {
    if (in_space_) {
        if (!whole_ && share_kept(*model.scorer, rows) > most_kept_) return rest();
        make_room();
        order_rows(rows);
        use_ = Use::record;
        return;
    }
    const ScorerNumbers diagonal = variances_alone(model);
    if (share_kept(diagonal, rows) <= most_kept_) {
        guess(diagonal, rows);
        use_ = Use::screen;
        cuts_off_ = true;
    } else if (few_rows_) {
        rest();
    } else {
        use_ = Use::probe;
    }
}

/// Orders the rows in space, unless they have an order already.
void Screening::order_rows(const rows::Data& rows) {
    if (!order_.empty()) return;
    units_ = units_in_space(rows);
    order_.resize(n_rows_);
    const rows::Data in_place{rows.x, rows.weights, rows.context};
    parallel::parallel_for(
        n_blocks(), rows.context.n_threads, rows.context.poll, [&](Index block, const parallel::Worker&) {
            const Index first = block * block_;
            const Index n = std::min(block_, n_rows_ - first);
            const std::vector<std::uint16_t> order = order_in_space(in_place, first, n, units_, group_);
            std::copy(order.begin(), order.end(), order_.begin() + first);
        });
}

/// Sorts the rows by their nearest component.
void Screening::guess(const ScorerNumbers& diagonal, const rows::Data& rows) {
    make_room();
    std::fill(near_.begin(), near_.end(), std::uint8_t{0});
    std::fill(level_.begin(), level_.end(), std::uint8_t{0});
    std::fill(best_.begin(), best_.end(), std::uint16_t{0});
    order_.clear();
    const rows::Data in_place{rows.x, rows.weights, rows.context};
    estep::for_each_nearest(in_place, diagonal, [&](const estep::Tile<double>& tile) {
        std::uint16_t* best = best_.data() + tile.first();
        for (Index i = 0; i < tile.n(); ++i) best[i] = static_cast<std::uint16_t>(tile.owner(i));
    });
    sort_rows(rows.context);
    std::fill(scale_.begin(), scale_.end(), 0.0F);
    std::fill(shift_.begin(), shift_.end(), 0.0F);
    n_screened_ = 0;
}

void Screening::begin(const ModelWithCovariances& model, const rows::Data& rows) {
    evaluated_ = 0;
    kept_ = 0;
    const bool goes_on = use_ == Use::screen;
    cuts_off_ = few_rows_ && goes_on;
    if (use_ == Use::guess) decide(model, rows);
    if (use_ == Use::rest || (use_ == Use::probe && !labels_probes_)) return;
    make_room();
    if (goes_on) {
        const std::vector<Drift> drifts = drift({&before_, &covariances_before_}, model, gaps_, rows.context);
        for (std::size_t k = 0; k < drifts.size(); ++k) {
            constexpr double rounding = 1e-6;  // of a shift, including that of differences of means
            scale_[k] = rounded_down(drifts[k].scale);
            shift_[k] = rounded_up(drifts[k].shift * (1 + rounding) / static_cast<double>(kernels::bound_unit));
        }
    }
    // Only what `drift` needs of the previous model: factors and covariances are large.
    before_.means = model.scorer->means;
    if (whitening::of(*model.scorer).drifts_by_covariances()) {
        covariances_before_ = *model.covariances;
    } else {
        before_.factors = model.scorer->factors;
    }
}

void Screening::count(Index evaluated, Index kept) noexcept {
    evaluated_.fetch_add(evaluated, std::memory_order_relaxed);
    kept_.fetch_add(kept, std::memory_order_relaxed);
}

void Screening::end(const rows::Context& context) {
    share_ = {};
    if (use_ == Use::rest) {
        if (resting_ > 0) {
            --resting_;
            if (resting_ == 0) use_ = first_use();
        }
        return;
    }
    const double pairs = static_cast<double>(n_rows_) * static_cast<double>(n_components_);
    const auto kept = static_cast<double>(kept_);
    const auto evaluated = static_cast<double>(evaluated_);
    const bool counted = evaluated > 0;  // a probe may meet only rows without weight
    share_ = use_ == Use::probe ? PairShare{1, counted ? kept / evaluated : 1}
                                : PairShare{std::min(1.0, evaluated / pairs), kept / pairs};
    n_screened_ = use_ == Use::screen ? n_screened_ + 1 : 0;
    if (counted && share_.kept > most_kept_) {
        rest();
    } else if (use_ == Use::probe) {
        use_ = Use::record;
        if (labels_probes_) sort_rows(context);
    } else {
        use_ = Use::screen;
        if (wants_sorting()) sort_rows(context);
    }
}

void Screening::rest() noexcept {
    use_ = Use::rest;
    rest_ = std::min(2 * rest_ + 1, tuning::longest_rest);
    resting_ = rest_;
}

/// Rows are sorted again once their disorder since the last sorting, including the looser bounds of new groups, has
/// cost as much as sorting does (the ski-rental rule); and also at the beginning, while they change components fast.
/// Rows in space are sorted once at the beginning, when the next model will differ so much from the first one that
/// bounds lose nothing; with few features not at all.
bool Screening::wants_sorting() {
    if (in_space_) {
        if (n_features_ <= tuning::features_of_space) return false;
        if (n_screened_ == 0) return true;
    } else if (n_screened_ < tuning::patience) {
        return true;
    }
    if (++n_sorted_ == 1) {
        loosening_ = std::max(0.0, share_.evaluated - before_sorting_);
        return false;
    }
    least_evaluated_ = std::min(least_evaluated_, share_.evaluated);
    excess_ += share_.evaluated - least_evaluated_;
    const auto d = static_cast<double>(n_features_);
    return (excess_ - loosening_) * static_cast<double>(n_components_) * (d * d + 3 * d) > tuning::sorting_flops;
}

void Screening::sort_rows(const rows::Context& context) {
    n_sorted_ = 0;
    before_sorting_ = share_.evaluated;
    least_evaluated_ = 1;
    excess_ = 0;
    if (order_.empty()) {
        order_.resize(n_rows_);
        for (Index p = 0; p < n_rows_; ++p) order_[p] = static_cast<std::uint16_t>(p % block_);
    }
    std::vector<std::uint16_t> ranks(n_components_);
    std::iota(ranks.begin(), ranks.end(), std::uint16_t{0});
    if (in_space_) ranks = ranks_in_space(before_.means, n_components_, units_);
    parallel::parallel_for(n_blocks(), context.n_threads, context.poll,
                           [&](Index block, const parallel::Worker&) { sort_block(block, ranks); });
}

void Screening::sort_block(Index block, const std::vector<std::uint16_t>& ranks) {
    const Index first = block * block_;
    const Index n = std::min(block_, n_rows_ - first);
    std::vector<std::uint16_t> from(n);
    std::iota(from.begin(), from.end(), std::uint16_t{0});
    const kernels::Labels keys = labels(first);
    // The least likely row of a group sets its limit, and every component that any of its rows needs is computed for
    // all of them: so rows that have the same component, need the same others and are as likely go together. Levels
    // rise and fall in turn, so that rows are alike also where one set ends and the next begins.
    std::vector<std::uint8_t> turned(from.size());
    for (std::size_t p = 0; p < from.size(); ++p) {
        turned[p] = keys.near[p] % 2 == 0 ? keys.level[p] : static_cast<std::uint8_t>(255 - keys.level[p]);
    }
    rows::sort_by(turned.data(), 256, from);
    rows::sort_by(keys.near, 256, from);
    std::vector<std::uint16_t> places(from.size());
    for (std::size_t p = 0; p < from.size(); ++p) places[p] = ranks[keys.best[p]];
    rows::sort_by(places.data(), n_components_, from);
    rearrange(keys.level, from);
    rearrange(keys.near, from);
    rearrange(keys.best, from);
    rearrange(order_.data() + first, from);

    // A new group's bound is the least of its rows' bounds.
    std::int16_t* to = bounds(first / group_);
    const Index n_groups = (n + group_ - 1) / group_;
    const std::vector<std::int16_t> old(to, to + n_groups * stride_);
    std::fill_n(to, n_groups * stride_, std::numeric_limits<std::int16_t>::max());
    for (Index p = 0; p < n; ++p) {
        std::int16_t* own = to + p / group_ * stride_;
        const std::int16_t* of_row = old.data() + from[p] / group_ * stride_;
        for (Index k = 0; k < stride_; ++k) own[k] = std::min(own[k], of_row[k]);
    }
}

}  // namespace gaussmix::em
