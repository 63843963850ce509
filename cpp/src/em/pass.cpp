#include "em/pass.hpp"

#include "em/sums.hpp"
#include "kernels/layout.hpp"
#include "parallel/tree.hpp"

namespace gaussmix {
namespace em {
namespace {

/// One thread's storage for the tile in hand.
class Worker {
public:
    Worker(const Rows& rows, const Source& source, const std::vector<double>& reference, const SumsLayout& layout,
           const rows::Plan& plan, const kernels::Table& table)
        : rows_(rows),
          reference_(reference),
          layout_(layout),
          table_(table),
          tile_(plan.tile_rows, layout.n_features, table,
                layout.triangular() ? rows::Layouts::columns_and_rows : rows::Layouts::columns),
          expectation_(make_expectation(source, plan.tile_rows, table)),
          r_(static_cast<std::size_t>(layout.n_components * plan.tile_rows)),
          lse_(static_cast<std::size_t>(plan.tile_rows)),
          scratch_(layout.triangular()
                       ? static_cast<std::size_t>(kernels::scatter_scratch(plan.tile_rows, layout.width))
                       : 0) {}

    /// E-step of rows [first, first + n), then their sums about the reference points.
    void add_tile(Index first, Index n, double* sums) {
        tile_.load(rows_.x, rows_.weights, first, n);
        if (!tile_.hide_weightless()) return;
        const kernels::Tile& tile = tile_.tile();
        expectation_->responsibilities(tile_, first, n, r_.data(), lse_.data());
        sums[layout_.log_likelihood] += table_.dot(tile_.weights(), lse_.data(), tile.n_rows);
        sums[layout_.total_weight] += table_.sum(tile_.weights(), tile.n_rows);
        for (Index k = 0; k < layout_.n_components; ++k) add_component(k, sums);
        if (layout_.centre != nullptr) {
            table_.scatter_full(tile, layout_.centre, tile_.weights(), sums + layout_.centre_weight,
                                sums + layout_.centre_weight + 1, sums + layout_.scatter, scratch_.data());
        }
    }

private:
    void add_component(Index k, double* sums) {
        const kernels::Tile& tile = tile_.tile();
        const double* mean = reference_.data() + k * layout_.n_features;
        const double* r = r_.data() + k * tile.stride;
        double* weight = sums + layout_.weights + k;
        double* first = sums + layout_.first + k * layout_.width;
        double* scatter = sums + layout_.scatter_of(k);
        if (layout_.kind == Scatter::none || layout_.centre != nullptr) {
            table_.first_moment(tile, mean, r, weight, first);
        } else if (layout_.kind == Scatter::diagonal) {
            table_.scatter_diagonal(tile, mean, r, weight, first, scatter);
        } else {
            table_.scatter_full(tile, mean, r, weight, first, scatter, scratch_.data());
        }
    }

    const Rows& rows_;
    const std::vector<double>& reference_;
    const SumsLayout& layout_;
    const kernels::Table& table_;
    rows::TileBuffer tile_;
    std::unique_ptr<Expectation> expectation_;
    linalg::AlignedBuffer r_;
    linalg::AlignedBuffer lse_;
    linalg::AlignedBuffer scratch_;
};

/// The point about which a pooled scatter may be taken of each row once, instead of once a component: the centre of a
/// shared whitening, unless a mean lies so far from it that the difference of the two would lose digits. Null: none.
const double* safe_centre(const Source& source) {
    constexpr double safe_distance = 100;  // in standard deviations: its square costs four digits of sixteen
    const auto* model = std::get_if<Source::Model>(&source.from);
    if (model == nullptr || model->scorer->whitening != Whitening::shared) return nullptr;
    const Scorer& scorer = *model->scorer;
    const Index d = scorer.n_features;
    for (Index k = 0; k < scorer.n_components; ++k) {
        double square = 0;
        for (Index j = 0; j < d; ++j) {
            const double y = scorer.whitened_means[static_cast<std::size_t>(k * d + j)];
            square += y * y;
        }
        if (!(square <= safe_distance * safe_distance)) return nullptr;
    }
    return scorer.centre.data();
}

}  // namespace

Moments pass(const Rows& rows, const Source& source, const std::vector<double>& reference, Scatter scatter) {
    const kernels::Table& table = rows.context.table;
    const SumsLayout layout(source.n_components, rows.x.n_features, scatter, safe_centre(source));
    const rows::Plan plan = rows::cut(rows.x.n_rows, layout.n_features,
                                      rows::flops_per_row(layout.n_components, layout.n_features, layout.triangular()));

    std::vector<std::unique_ptr<Worker>> workers(static_cast<std::size_t>(rows.context.n_threads));
    SumsPool pool(layout);
    parallel::MergeTree<Sums> tree(plan.n_chunks, [&pool](Sums& left, Sums& right) { pool.merge(left, right); });
    parallel::parallel_for(
        plan.n_chunks, rows.context.n_threads, rows.context.poll, [&](Index chunk, const parallel::Worker& thread) {
            std::unique_ptr<Worker>& worker = workers[static_cast<std::size_t>(thread.id())];
            if (!worker) worker = std::make_unique<Worker>(rows, source, reference, layout, plan, table);
            Sums sums = pool.take();
            rows::for_each_tile(plan, chunk, thread,
                                [&](Index first, Index n) { worker->add_tile(first, n, sums.data()); });
            tree.put(chunk, std::move(sums));
        });
    return to_moments(layout, tree.root().data(), rows.x.n_rows, reference);
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
