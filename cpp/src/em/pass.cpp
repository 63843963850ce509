#include "em/pass.hpp"

#include <mutex>

#include "cpu/dispatch.hpp"
#include "kernels/layout.hpp"
#include "linalg/triangular.hpp"
#include "parallel/threads.hpp"
#include "parallel/tree.hpp"

namespace gaussmix {
namespace em {
namespace {

/// Where the sums of a chunk stand in one flat buffer, padded as the kernels write them.
struct Layout {
    Layout(Index n_components_, Index n_features_, Scatter kind_)
        : n_components(n_components_), n_features(n_features_), kind(kind_) {
        switch (kind) {
            case Scatter::none: break;
            case Scatter::diagonal: scatter_stride = n_features; break;
            case Scatter::full: scatter_stride = kernels::padded_scatter_size(n_features); break;
            case Scatter::pooled: break;  // every component adds to the same triangle
        }
        scatter_total = kind == Scatter::pooled ? kernels::padded_scatter_size(n_features)
                                                : n_components * scatter_stride;
    }

    bool triangular() const { return kind == Scatter::full || kind == Scatter::pooled; }

    Index n_components;
    Index n_features;
    Scatter kind;
    Index width = kernels::round_up(n_features, kernels::lanes);
    Index scatter_stride = 0;
    Index scatter_total = 0;
    Index weights = 2;  // behind the log-likelihood and the total weight
    Index first = weights + n_components;
    Index scatter = first + n_components * width;
    Index size() const { return scatter + scatter_total; }
};

using Sums = linalg::AlignedBuffer;

/// Buffers for the sums of chunks, used again once merged.
class SumsPool {
public:
    explicit SumsPool(Index size) : size_(static_cast<std::size_t>(size)) {}

    /// A buffer of zeros.
    Sums take() {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            if (!free_.empty()) {
                Sums sums = std::move(free_.back());
                free_.pop_back();
                sums.fill_zero();
                return sums;
            }
        }
        return Sums(size_);
    }

    void give_back(Sums sums) {
        const std::lock_guard<std::mutex> lock(mutex_);
        free_.push_back(std::move(sums));
    }

private:
    const std::size_t size_;
    std::mutex mutex_;
    std::vector<Sums> free_;
};

/// One thread's storage for the tile in hand.
class Worker {
public:
    Worker(const Rows& rows, const Source& source, const Layout& layout, const rows::Plan& plan,
           const kernels::Table& table)
        : rows_(rows), layout_(layout), table_(table), tile_(plan.tile_rows, layout.n_features, table),
          expectation_(make_expectation(source, plan.tile_rows, table)),
          r_(static_cast<std::size_t>(layout.n_components * plan.tile_rows)),
          lse_(static_cast<std::size_t>(plan.tile_rows)),
          scratch_(layout.triangular() ? static_cast<std::size_t>(kernels::scatter_scratch(plan.tile_rows, layout.width)) : 0) {}

    /// E-step of rows [first, first + n), then their sums about the reference points.
    void add_tile(Index first, Index n, const std::vector<double>& reference, double* sums) {
        tile_.load(rows_.x, rows_.weights, first, n);
        if (!tile_.hide_weightless()) return;
        const kernels::Tile& tile = tile_.tile();
        expectation_->responsibilities(tile_, first, n, r_.data(), lse_.data());
        sums[0] += table_.dot(tile_.weights(), lse_.data(), tile.n_rows);
        for (Index i = 0; i < n; ++i) sums[1] += tile_.weights()[i];
        for (Index k = 0; k < layout_.n_components; ++k) {
            const double* mean = reference.data() + k * layout_.n_features;
            const double* r = r_.data() + k * tile.stride;
            double* weight = sums + layout_.weights + k;
            double* first_moment = sums + layout_.first + k * layout_.width;
            double* scatter = sums + layout_.scatter + k * layout_.scatter_stride;
            if (layout_.triangular()) {
                table_.scatter_full(tile, mean, r, weight, first_moment, scatter, scratch_.data());
            } else {
                table_.scatter_diagonal(tile, mean, r, weight, first_moment,
                                        layout_.kind == Scatter::none ? nullptr : scatter);
            }
        }
    }

private:
    const Rows& rows_;
    const Layout& layout_;
    const kernels::Table& table_;
    rows::TileBuffer tile_;
    std::unique_ptr<Expectation> expectation_;
    linalg::AlignedBuffer r_;
    linalg::AlignedBuffer lse_;
    linalg::AlignedBuffer scratch_;
};

/// From the padded sums to the public, packed moments.
Moments to_moments(const Layout& layout, const double* sums, Index n_rows, const std::vector<double>& reference) {
    const Index d = layout.n_features;
    Moments moments;
    moments.scatter_kind = layout.kind;
    moments.n_components = layout.n_components;
    moments.n_features = d;
    moments.n_rows = n_rows;
    moments.log_likelihood = sums[0];
    moments.total_weight = sums[1];
    moments.reference = reference;
    moments.weights.assign(sums + layout.weights, sums + layout.first);
    for (Index k = 0; k < layout.n_components; ++k) {
        const double* first = sums + layout.first + k * layout.width;
        moments.first.insert(moments.first.end(), first, first + d);
    }
    const double* scatter = sums + layout.scatter;
    if (!layout.triangular()) {
        moments.scatter.assign(scatter, scatter + layout.scatter_total);
        return moments;
    }
    moments.scatter.reserve(static_cast<std::size_t>(scatter_size(layout.kind, layout.n_components, d)));
    for (Index start = 0; start < layout.scatter_total; start += kernels::padded_scatter_size(d)) {
        for (Index i = 0; i < d; ++i) {
            const double* row = scatter + start + kernels::scatter_row_offset(i);
            moments.scatter.insert(moments.scatter.end(), row, row + i + 1);
        }
    }
    return moments;
}

}  // namespace

Moments pass(const Rows& rows, const Source& source, const std::vector<double>& reference, Scatter scatter) {
    const kernels::Table& table = cpu::table();
    const Layout layout(source.n_components, rows.x.n_features, scatter);
    const rows::Plan plan =
        rows::cut(rows.x.n_rows, layout.n_features,
                  rows::flops_per_row(layout.n_components, layout.n_features, layout.triangular()));

    std::vector<std::unique_ptr<Worker>> workers(static_cast<std::size_t>(rows.n_threads));
    SumsPool pool(layout.size());
    parallel::MergeTree<Sums> tree(plan.n_chunks, [&pool](Sums& left, Sums& right) {
        for (std::size_t i = 0; i < left.size(); ++i) left.data()[i] += right.data()[i];
        pool.give_back(std::move(right));
    });
    parallel::parallel_for(plan.n_chunks, rows.n_threads, rows.poll, [&](Index chunk, const parallel::Worker& thread) {
        std::unique_ptr<Worker>& worker = workers[static_cast<std::size_t>(thread.id())];
        if (!worker) worker = std::make_unique<Worker>(rows, source, layout, plan, table);
        Sums sums = pool.take();
        rows::for_each_tile(plan, chunk, thread, [&](Index first, Index n) {
            worker->add_tile(first, n, reference, sums.data());
        });
        tree.put(chunk, std::move(sums));
    });
    return to_moments(layout, tree.root().data(), rows.x.n_rows, reference);
}

}  // namespace em

Moments accumulate(const MatrixView& x, WeightsView sample_weight, const Scorer& scorer, Scatter scatter,
                   int n_threads, const Observer& observer) {
    rows::check(x);
    return em::pass({x, sample_weight, parallel::resolve_threads(n_threads), observer.poll},
                    {em::Source::Model{&scorer, em::Assignment::soft}, scorer.n_components}, scorer.means, scatter);
}

}  // namespace gaussmix
