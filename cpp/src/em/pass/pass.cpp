#include "em/pass/pass.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "em/pass/centre.hpp"
#include "em/pass/holes.hpp"
#include "em/pass/tile_sums.hpp"
#include "em/pruning/pruned_expectation.hpp"
#include "estep/estep.hpp"
#include "parallel/tree.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix::em {
namespace {

constexpr double single_rounding = 1e-7;   // of a log-likelihood computed in single precision
constexpr double double_rounding = 1e-12;  // and in double precision

/// Returns the scorer of the source, if it has one.
const ScorerNumbers* scorer_of(const Source& source) {
    const auto* from = std::get_if<Source::Model>(&source.from);
    return from == nullptr ? nullptr : from->scorer;
}

/// Returns the fingerprint of the scorer that responsibilities come from, or 0.
std::uint64_t number_of(const Source& source) {
    const auto* from = std::get_if<Source::Model>(&source.from);
    return from != nullptr && from->finish == estep::Finish::responsibilities ? fingerprint(*from->scorer) : 0;
}

/// Returns how many components are summed in one step.
Index components_in_step(const SumsLayout& layout) { return layout.has_statistics() ? components_together : 1; }

/// The storage of a thread that takes whole chunks.
struct Worker {
    Worker(const estep::Walk& walk, const estep::Method& method) : estep(walk, method) {}

    estep::EStep estep;
    Scratch scratch;
    parallel::Pace pace;
};

}  // namespace

class Passes::State {
public:
    State(const rows::Data& rows, Index n_components, const scatter::Form& scatter)
        : rows_(rows), walk_{rows, {}, n_components}, layout_(n_components, rows.x.n_features, scatter, {}) {
        method_.wide = [this](const whitening::Model<double>* model) { return expectation(model); };
        method_.narrow = [this](const whitening::Model<float>* model) { return expectation(model); };
        if (rows.x.missing == Missing::error) return;
        patterns_.emplace(rows.x, rows.context);
        if (patterns_->complete()) patterns_.reset();
    }

    /// Returns whether the rows lack some values.
    bool has_holes() const noexcept { return patterns_.has_value(); }

    /// The rows as they are given, without an order of visits: that belongs to one pass, and may not outlive it.
    const rows::Data& rows() const noexcept { return rows_; }

    /// The arguments must outlive the pass; `screening` is null if it is not used.
    Moments& run(const Source& source, const std::vector<double>& reference, rows::Order order = nullptr,
                 Screening* screening = nullptr) {
        if (const ScorerNumbers* scorer = scorer_of(source); scorer != nullptr && has_holes()) {
            moments_ = pass_with_holes(rows_, *patterns_, source, *scorer, *layout_.form);
            moments_.model = number_of(source);
            return moments_;
        }
        source_ = source;
        screening_ = screening;
        walk_.rows.order = order;
        set_up();
        const TileSums tile_sums(walk_.rows, layout_, reference, method_.models);
        // A pooled scatter belongs to all components at once.
        const bool shared = layout_.size > tuning::most_private_sums && !layout_.pooled();
        Sums sums = shared ? sum_by_components(tile_sums) : sum_by_chunks(tile_sums);
        to_moments(layout_, sums, walk_.plan.n_rows, reference, moments_);
        moments_.model = number_of(source);
        moments_.rounding = moments_.total_weight == 0 ? 0 : is_narrow() ? single_rounding : double_rounding;
        if (!shared) pool_->give_back(std::move(sums));
        return moments_;
    }

private:
    /// Returns the identity under which expectations can be kept, if any.
    using Kept = std::optional<std::tuple<estep::Finish, Whitening, bool>>;

    /// Returns whether tiles are computed in single precision where their rows allow it.
    bool is_narrow() const noexcept { return models_ && models_->has_narrow(); }

    /// Sets the model, the layout and the plan of a pass, and allocates storage that no longer fits them.
    void set_up() {
        const ScorerNumbers* scorer = scorer_of(source_);
        models_.reset();
        if (scorer != nullptr)
            models_.emplace(*scorer, walk_.rows.x.scalar);  // in place: longer-lived objects refer to it
        method_.models = scorer != nullptr ? &*models_ : nullptr;
        const auto storage = [this] { return std::tuple(walk_.plan.tile_rows, walk_.n_terms, layout_.size); };
        const auto before = storage();
        const bool has_background = scorer != nullptr ? scorer->has_background() : source_.has_background;
        walk_.n_terms = layout_.n_components + (has_background ? 1 : 0);
        layout_ = SumsLayout(layout_.n_components, layout_.n_features, *layout_.form,
                             neighbourhood(source_, *layout_.form, is_narrow()), has_background);
        if (models_ && layout_.separable()) models_->settle(layout_.neighbourhood, layout_.squares());
        const bool full = layout_.triangular() && !layout_.pooled();
        walk_.plan = rows::cut(walk_.rows.x.n_rows, layout_.n_features,
                               rows::em_work(layout_.n_components, layout_.n_features, full),
                               is_narrow() ? sizeof(float) : sizeof(double));
        walk_.layouts = layout_.triangular() ? rows::Layouts::columns_and_rows : rows::Layouts::columns;
        walk_.n_kept = walk_.plan.n_tiles <= tuning::most_kept_tiles ? std::max<Index>(walk_.plan.n_tiles, 1) : 1;
        if (!pool_ || storage() != before) {
            pool_.emplace(layout_);
            workers_.emplace(walk_.rows.context);
        }
        Kept kept;
        if (scorer != nullptr && screening_ == nullptr) {
            const auto& from = std::get<Source::Model>(source_.from);
            if (!walk_.rows.allowed) kept.emplace(from.finish, scorer->whitening, scorer->is_turned());
        }
        if (!kept || kept != kept_) ++method_.number;
        kept_ = kept;
    }

    template <class T>
    std::unique_ptr<estep::Expectation<T>> expectation(const whitening::Model<T>* model) const {
        const kernels::Table& table = walk_.rows.context.table;
        if (screening_ == nullptr) return make_expectation(source_, model, walk_.plan.tile_rows, walk_.rows);
        // If single precision failed on a tile, its bounds already belong to this model: they are computed again.
        const bool anew = std::is_same_v<T, double> && is_narrow();
        return make_pruned_expectation(*model, walk_.plan.tile_rows, table, *screening_, anew);
    }

    /// Each thread takes whole chunks of rows and has its own sums, merged in a fixed tree.
    Sums sum_by_chunks(const TileSums& tile_sums) {
        const rows::Plan& plan = walk_.plan;
        if (plan.n_chunks == 0) return pool_->take();
        const Index n_components = layout_.n_components;
        const Index work = plan.tile_rows * std::max(layout_.scatter_stride, layout_.width);
        parallel::MergeTree<Sums> tree(plan.n_chunks, [&](Sums& left, Sums& right) { pool_->merge(left, right); });
        const auto make = [&] { return std::make_unique<Worker>(walk_, method_); };
        workers_->for_each_chunk(plan, walk_.rows.context, make, [&](Worker& worker, Index chunk) {
            Sums sums = pool_->take();
            rows::for_each_tile(plan, chunk, [&](Index first, Index n) {
                if (!worker.estep.expect(first, n)) return;
                worker.estep.visit([&](auto& tile) {
                    tile_sums.add_rows(tile, sums, worker.scratch);
                    for (Index k = 0; k < n_components; k += components_in_step(layout_)) {
                        const Index end = std::min(k + components_in_step(layout_), n_components);
                        tile_sums.add_components(tile, k, end, sums, worker.scratch);
                        worker.pace.spend((end - k) * work);
                    }
                });
            });
            tree.put(chunk, std::move(sums));
        });
        return std::move(tree.root());
    }

    /// All threads share one set of sums: they do the E-step of some tiles, then each thread adds whole components.
    Sums sum_by_components(const TileSums& tile_sums) {
        const rows::Context& context = walk_.rows.context;
        const rows::Plan& plan = walk_.plan;
        std::vector<estep::EStep> tiles;
        for (Index t = 0; t < tuning::tiles_at_once; ++t) tiles.emplace_back(walk_, method_);
        std::vector<char> counts(tiles.size());
        std::vector<Scratch> scratch(context.n_threads);
        Sums sums(layout_);
        for (Index begin = 0; begin < plan.n_rows; begin += tuning::tiles_at_once * plan.tile_rows) {
            const Index left = (plan.n_rows - begin + plan.tile_rows - 1) / plan.tile_rows;
            const Index n_tiles = std::min(left, tuning::tiles_at_once);
            parallel::parallel_for(n_tiles, context.n_threads, context.poll, [&](Index t, const parallel::Worker&) {
                const Index first = begin + t * plan.tile_rows;
                counts[t] = tiles[t].expect(first, std::min(plan.n_rows - first, plan.tile_rows)) ? 1 : 0;
            });
            for (Index t = 0; t < n_tiles; ++t) {
                if (counts[t] == 0) continue;
                tiles[t].visit([&](auto& tile) { tile_sums.add_rows(tile, sums, scratch[0]); });
            }
            const Index n_steps =
                (layout_.n_components + components_in_step(layout_) - 1) / components_in_step(layout_);
            parallel::parallel_for(
                n_steps, context.n_threads, context.poll, [&](Index s, const parallel::Worker& thread) {
                    const Index first = s * components_in_step(layout_);
                    const Index end = std::min(first + components_in_step(layout_), layout_.n_components);
                    Scratch& own = scratch[thread.id()];
                    for (Index t = 0; t < n_tiles; ++t) {
                        if (counts[t] == 0) continue;
                        tiles[t].visit([&](auto& tile) { tile_sums.add_components(tile, first, end, sums, own); });
                        parallel::checkpoint();
                    }
                });
        }
        return sums;
    }

    rows::Data rows_;
    std::optional<rows::Patterns> patterns_;  // only where values are missing
    estep::Walk walk_;                        // over them, in the order of the last pass
    estep::Method method_;
    SumsLayout layout_;
    Source source_{Source::Random{0}, 0};  // of the pass under way
    Screening* screening_ = nullptr;
    std::optional<estep::Models> models_;
    Kept kept_;
    std::optional<SumsPool> pool_;
    std::optional<rows::Workers<Worker>> workers_;  // made when first needed
    Moments moments_;
};

Moments pass(const rows::Data& rows, const Source& source, const std::vector<double>& reference,
             const scatter::Form& scatter) {
    Passes::State state(rows, source.n_components, scatter);
    return std::move(state.run(source, reference));
}

Passes::Passes(const rows::Data& rows, Index n_components, const scatter::Form& scatter)
    : state_(std::make_unique<State>(rows, n_components, scatter)) {}

Passes::~Passes() = default;

const rows::Data& Passes::rows() const noexcept { return state_->rows(); }

const Moments& Passes::operator()(const Source& source, const std::vector<double>& reference, rows::Order order) {
    return state_->run(source, reference, order);
}

const Moments& Passes::operator()(const ModelWithCovariances& model, Screening& screening) {
    const Source source = under(*model.scorer);
    // The bounds compare components with each other over all features, for rows of any component: with missing values,
    // or sets of components, every pair is computed.
    if (state_->has_holes() || rows().allowed) return state_->run(source, model.scorer->means);
    screening.begin(model, rows());
    const bool rests = screening.use() == Screening::Use::rest;
    const Moments& moments = state_->run(source, model.scorer->means, screening.order(), rests ? nullptr : &screening);
    screening.end(rows().context);
    return moments;
}

}  // namespace gaussmix::em
