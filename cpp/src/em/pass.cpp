#include "em/pass.hpp"

#include "em/tile_sums.hpp"
#include "parallel/tree.hpp"
#include "rows/tile.hpp"

namespace gaussmix {
namespace em {
namespace {

constexpr double single_rounding = 1e-7;         // of a log-likelihood computed in single precision
constexpr Index largest_private_sums = 4 << 20;  // in doubles, 32 MB: more are not kept once a thread
constexpr Index tiles_at_once = 16;              // held together where threads share the sums

/// Each thread takes whole chunks of rows and has sums of its own, merged in a fixed tree.
Sums sum_by_chunks(const PassSetup& setup, const rows::Plan& plan) {
    struct Worker {
        explicit Worker(const PassSetup& setup) : tile(setup) {}
        TileSums tile;
        Scratch scratch;
        parallel::Pace pace;
    };
    const rows::Context& context = setup.rows.context;
    const Index work = plan.tile_rows * setup.layout.scatter_stride;
    std::vector<std::unique_ptr<Worker>> workers(static_cast<std::size_t>(context.n_threads));
    SumsPool pool(setup.layout);
    parallel::MergeTree<Sums> tree(plan.n_chunks, [&pool](Sums& left, Sums& right) { pool.merge(left, right); });
    parallel::parallel_for(plan.n_chunks, context.n_threads, context.poll,
                           [&](Index chunk, const parallel::Worker& thread) {
                               std::unique_ptr<Worker>& worker = workers[static_cast<std::size_t>(thread.id())];
                               if (!worker) worker = std::make_unique<Worker>(setup);
                               Sums sums = pool.take();
                               rows::for_each_tile(plan, chunk, [&](Index first, Index n) {
                                   worker->tile.expect(first, n);
                                   worker->tile.add_rows(sums, worker->scratch);
                                   for (Index k = 0; k < setup.layout.n_components; ++k) {
                                       worker->tile.add_component(k, sums, worker->scratch);
                                       worker->pace.spend(work);
                                   }
                               });
                               tree.put(chunk, std::move(sums));
                           });
    return std::move(tree.root());
}

/// All threads share one set of sums: they do the E-step of some tiles, then each takes whole components of them.
Sums sum_by_components(const PassSetup& setup, const rows::Plan& plan) {
    const rows::Context& context = setup.rows.context;
    std::vector<TileSums> tiles;
    for (Index t = 0; t < tiles_at_once; ++t) tiles.emplace_back(setup);
    std::vector<Scratch> scratch(static_cast<std::size_t>(context.n_threads));
    Sums sums(setup.layout);
    for (Index begin = 0; begin < plan.n_rows; begin += tiles_at_once * plan.tile_rows) {
        const Index left = (plan.n_rows - begin + plan.tile_rows - 1) / plan.tile_rows;
        const Index n_tiles = left < tiles_at_once ? left : tiles_at_once;
        parallel::parallel_for(n_tiles, context.n_threads, context.poll, [&](Index t, const parallel::Worker&) {
            const Index first = begin + t * plan.tile_rows;
            const Index n = plan.n_rows - first;
            tiles[static_cast<std::size_t>(t)].expect(first, n < plan.tile_rows ? n : plan.tile_rows);
        });
        for (Index t = 0; t < n_tiles; ++t) tiles[static_cast<std::size_t>(t)].add_rows(sums, scratch[0]);
        parallel::parallel_for(setup.layout.n_components, context.n_threads, context.poll,
                               [&](Index k, const parallel::Worker& thread) {
                                   Scratch& own = scratch[static_cast<std::size_t>(thread.id())];
                                   for (Index t = 0; t < n_tiles; ++t) {
                                       tiles[static_cast<std::size_t>(t)].add_component(k, sums, own);
                                       parallel::checkpoint();
                                   }
                               });
    }
    return sums;
}

Moments run(const PassSetup& setup, const std::vector<double>& reference) {
    const rows::Plan plan = setup.plan();
    // A pooled scatter belongs to all components at once.
    const bool shared = setup.layout.size > largest_private_sums && setup.layout.kind != Scatter::pooled;
    Sums sums = shared ? sum_by_components(setup, plan) : sum_by_chunks(setup, plan);
    Moments moments = to_moments(setup.layout, sums, plan.n_rows, reference);
    if (setup.is_narrow()) moments.rounding = single_rounding;
    return moments;
}

}  // namespace

Moments pass(const Rows& rows, const Source& source, const std::vector<double>& reference, Scatter scatter) {
    return run(PassSetup(rows, source, reference, scatter), reference);
}

Moments pass(const Rows& rows, const Placed& model, Scatter scatter, Screening& screening) {
    screening.begin(model, rows.context);
    const Rows ordered{rows.x, rows.weights, rows.context, screening.order()};
    const Source source{Source::Model{model.scorer, Assignment::soft}, model.scorer->n_components};
    const bool rests = screening.use() == Screening::Use::rest;
    Moments moments = run(PassSetup(ordered, source, model.scorer->means, scatter, rests ? nullptr : &screening),
                          model.scorer->means);
    screening.end(rows.context);
    return moments;
}

}  // namespace em

Moments accumulate(const MatrixView& x, WeightsView sample_weight, const Scorer& scorer, Scatter scatter,
                   const Execution& execution) {
    rows::check(x);
    rows::check(sample_weight, x.n_rows);
    rows::check_features(x, scorer.n_features);
    const rows::Context context(execution);
    return em::pass({x, sample_weight, context},
                    {em::Source::Model{&scorer, em::Assignment::soft}, scorer.n_components}, scorer.means, scatter);
}

}  // namespace gaussmix
