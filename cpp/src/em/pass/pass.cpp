#include "em/pass/pass.hpp"

#include <algorithm>
#include <optional>

#include "em/pass/tile_sums.hpp"
#include "parallel/tree.hpp"
#include "rows/tile.hpp"

namespace gaussmix::em {
namespace {

constexpr double single_rounding = 1e-7;         // of a log-likelihood computed in single precision
constexpr double double_rounding = 1e-12;        // and in double precision
constexpr Index largest_private_sums = 4 << 20;  // in doubles, 32 MB: more are not kept once a thread
constexpr Index tiles_at_once = 16;              // held together where threads share the sums

/// How many components are added up in one step.
Index step(const SumsLayout& layout) { return layout.has_statistics() ? components_together : 1; }

/// What moments say of the mixture that responsibilities are of.
std::uint64_t model_of(const Source& source) {
    const auto* from = std::get_if<Source::Model>(&source.from);
    return from != nullptr && from->assignment == Assignment::soft ? fingerprint(*from->scorer) : 0;
}

/// What a thread that takes whole chunks works in.
struct Worker {
    explicit Worker(const PassSetup& setup) : tile(setup) {}
    TileSums tile;
    Scratch scratch;
    parallel::Pace pace;
};

/// What all of them work in.
struct Storage {
    explicit Storage(const PassSetup& setup)
        : pool(setup.layout()), workers(static_cast<std::size_t>(setup.rows().context.n_threads)) {}
    SumsPool pool;
    std::vector<std::unique_ptr<Worker>> workers;  // made when first needed
};

/// Each thread takes whole chunks of rows and has sums of its own, merged in a fixed tree.
Sums sum_by_chunks(const PassSetup& setup, Storage& storage) {
    const rows::Context& context = setup.rows().context;
    const rows::Plan& plan = setup.plan();
    const SumsLayout& layout = setup.layout();
    if (plan.n_chunks == 0) return storage.pool.take();
    const Index work = plan.tile_rows * std::max(layout.scatter_stride, layout.width);
    parallel::MergeTree<Sums> tree(plan.n_chunks, [&](Sums& left, Sums& right) { storage.pool.merge(left, right); });
    parallel::parallel_for(plan.n_chunks, context.n_threads, context.poll,
                           [&](Index chunk, const parallel::Worker& thread) {
                               auto& worker = storage.workers[static_cast<std::size_t>(thread.id())];
                               if (!worker) worker = std::make_unique<Worker>(setup);
                               Sums sums = storage.pool.take();
                               rows::for_each_tile(plan, chunk, [&](Index first, Index n) {
                                   worker->tile.expect(first, n);
                                   worker->tile.add_rows(sums, worker->scratch);
                                   for (Index k = 0; k < layout.n_components; k += step(layout)) {
                                       const Index end = std::min(k + step(layout), layout.n_components);
                                       worker->tile.add_components(k, end, sums, worker->scratch);
                                       worker->pace.spend((end - k) * work);
                                   }
                               });
                               tree.put(chunk, std::move(sums));
                           });
    return std::move(tree.root());
}

/// All threads share one set of sums: they do the E-step of some tiles, then each takes whole components of them.
Sums sum_by_components(const PassSetup& setup) {
    const rows::Context& context = setup.rows().context;
    const rows::Plan& plan = setup.plan();
    std::vector<TileSums> tiles;
    for (Index t = 0; t < tiles_at_once; ++t) tiles.emplace_back(setup);
    std::vector<Scratch> scratch(static_cast<std::size_t>(context.n_threads));
    Sums sums(setup.layout());
    for (Index begin = 0; begin < plan.n_rows; begin += tiles_at_once * plan.tile_rows) {
        const Index left = (plan.n_rows - begin + plan.tile_rows - 1) / plan.tile_rows;
        const Index n_tiles = left < tiles_at_once ? left : tiles_at_once;
        parallel::parallel_for(n_tiles, context.n_threads, context.poll, [&](Index t, const parallel::Worker&) {
            const Index first = begin + t * plan.tile_rows;
            const Index n = plan.n_rows - first;
            tiles[static_cast<std::size_t>(t)].expect(first, n < plan.tile_rows ? n : plan.tile_rows);
        });
        for (Index t = 0; t < n_tiles; ++t) tiles[static_cast<std::size_t>(t)].add_rows(sums, scratch[0]);
        const SumsLayout& layout = setup.layout();
        const Index n_steps = (layout.n_components + step(layout) - 1) / step(layout);
        parallel::parallel_for(n_steps, context.n_threads, context.poll, [&](Index s, const parallel::Worker& thread) {
            const Index first = s * step(layout);
            const Index end = std::min(first + step(layout), layout.n_components);
            Scratch& own = scratch[static_cast<std::size_t>(thread.id())];
            for (Index t = 0; t < n_tiles; ++t) {
                tiles[static_cast<std::size_t>(t)].add_components(first, end, sums, own);
                parallel::checkpoint();
            }
        });
    }
    return sums;
}

}  // namespace

class Passes::State {
public:
    State(const rows::Data& rows, Index n_components, const scatter::Form& scatter)
        : setup_(rows, n_components, scatter) {}

    const rows::Data& rows() const noexcept { return setup_.rows(); }

    /// The arguments are those of `PassSetup::begin`.
    Moments& run(const Source& source, const std::vector<double>& reference, rows::Order order = nullptr,
                 Screening* screening = nullptr) {
        const bool fits = setup_.begin(source, reference, order, screening);
        const SumsLayout& layout = setup_.layout();
        // A pooled scatter belongs to all components at once.
        const bool shared = layout.size > largest_private_sums && !layout.pooled();
        if (!fits) storage_.emplace(setup_);
        Sums sums = shared ? sum_by_components(setup_) : sum_by_chunks(setup_, *storage_);
        to_moments(layout, sums, setup_.plan().n_rows, reference, moments_);
        moments_.model = model_of(source);
        moments_.rounding = moments_.total_weight == 0 ? 0 : setup_.is_narrow() ? single_rounding : double_rounding;
        if (!shared) storage_->pool.give_back(std::move(sums));
        return moments_;
    }

private:
    PassSetup setup_;
    std::optional<Storage> storage_;
    Moments moments_;
};

Moments pass(const rows::Data& rows, const Source& source, const std::vector<double>& reference,
             const scatter::Form& scatter) {
    return std::move(Passes::State(rows, source.n_components, scatter).run(source, reference));
}

Passes::Passes(const rows::Data& rows, Index n_components, const scatter::Form& scatter)
    : state_(std::make_unique<State>(rows, n_components, scatter)) {}

Passes::~Passes() = default;

const rows::Data& Passes::rows() const noexcept { return state_->rows(); }

const Moments& Passes::operator()(const Source& source, const std::vector<double>& reference) {
    return state_->run(source, reference);
}

const Moments& Passes::operator()(const Placed& model, Screening& screening) {
    screening.begin(model, rows());
    const Source source{Source::Model{model.scorer, Assignment::soft}, model.scorer->n_components};
    const bool rests = screening.use() == Screening::Use::rest;
    const Moments& moments = state_->run(source, model.scorer->means, screening.order(), rests ? nullptr : &screening);
    screening.end(rows().context);
    return moments;
}

}  // namespace gaussmix::em
