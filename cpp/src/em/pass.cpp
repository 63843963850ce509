#include "em/pass.hpp"

#include <algorithm>
#include <optional>

#include "em/sums.hpp"
#include "kernels/layout.hpp"
#include "parallel/tree.hpp"

namespace gaussmix {
namespace em {
namespace {

constexpr double single_rounding = 1e-7;  // of a log-likelihood computed in single precision

/// What all threads of a pass in T share: the model, if there is one, and the points the moments are taken about.
template <class T>
struct Setup {
    Setup(const Source& source, const rows::Model<T>* model_, const std::vector<double>& reference_,
          const SumsLayout& layout)
        : model(model_),
          about_own_means(model_ != nullptr && &reference_ == &model_->scorer.means),
          reference(reference_, layout.n_features),
          centre(layout.centre != nullptr ? std::get<Source::Model>(source.from).scorer->centre : no_centre,
                 layout.n_features) {}

    const rows::Model<T>* model;
    bool about_own_means;  ///< whether the reference points are the means of the model
    rows::Points<T> reference;
    rows::Points<T> centre;

private:
    inline static const std::vector<double> no_centre;
};

/// One thread's storage for the tile in hand, and what is done with it, in T.
template <class T>
class TileWorker {
public:
    TileWorker(const Rows& rows, const Source& source, const Setup<T>& setup, const SumsLayout& layout,
               const rows::Plan& plan)
        : rows_(rows),
          setup_(setup),
          layout_(layout),
          table_(rows.context.table),
          tile_(plan.tile_rows, layout.n_features, table_,
                layout.triangular() ? rows::Layouts::columns_and_rows : rows::Layouts::columns),
          expectation_(make_expectation<T>(source, setup.model, plan.tile_rows, table_)),
          r_(static_cast<std::size_t>(layout.n_components * plan.tile_rows)),
          weights_(static_cast<std::size_t>(plan.tile_rows)),
          lse_(static_cast<std::size_t>(plan.tile_rows)),
          scratch_(static_cast<std::size_t>(
              layout.triangular() ? kernels::scatter_scratch(plan.tile_rows, layout.n_features) : 2 * plan.tile_rows)) {
    }

    /// E-step of rows [first, first + n), then their sums about the reference points. False, with nothing done, when
    /// the rows leave the range of T.
    bool add_tile(Index first, Index n, double* sums) {
        tile_.load(rows_.x, rows_.weights, first, n);
        if (!tile_.hide_weightless()) return true;
        if (!std::is_same_v<T, double> && !tile_.within(setup_.model->reach)) return false;
        const kernels::Tile<T>& tile = tile_.tile();
        expectation_->responsibilities(tile_, first, n, r_.data(), lse_.data());
        add_likelihood(first, n, sums);
        for (Index k = 0; k < layout_.n_components; ++k) add_component(k, sums);
        if (layout_.centre != nullptr) {
            kernels().scatter_full(tile, setup_.centre[0], tile_.weights(), sums + layout_.centre_first + layout_.width,
                                   sums + layout_.centre_first, sums + layout_.scatter, scratch_.data());
        }
        return true;
    }

private:
    const kernels::Kernels<T>& kernels() const { return table_.kernels<T>(); }

    void add_likelihood(Index first, Index n, double* sums) {
        const Index n_rows = tile_.tile().n_rows;
        const double* weights = wide_weights(first, n);
        const double weight = table_.sum(weights, n_rows);
        sums[layout_.total_weight] += weight;
        sums[layout_.log_likelihood] += table_.dot(weights, lse_.data(), n_rows);
        if (setup_.model != nullptr) sums[layout_.log_likelihood] += setup_.model->base * weight;
    }

    /// The weights of the tile's rows as they were given.
    const double* wide_weights(Index first, Index n) {
        if constexpr (std::is_same_v<T, double>) {
            return tile_.weights();
        } else {
            std::fill(weights_.data(), weights_.data() + tile_.tile().n_rows, 0.0);
            if (rows_.weights) {
                std::copy_n(rows_.weights.data + first, n, weights_.data());
            } else {
                std::fill_n(weights_.data(), n, 1.0);
            }
            return weights_.data();
        }
    }

    void add_component(Index k, double* sums) {
        const kernels::Tile<T>& tile = tile_.tile();
        const kernels::Point<T> reference = setup_.reference[k];
        const T* r = r_.data() + k * tile.stride;
        double* weight = sums + layout_.weights + k;
        double* first = sums + layout_.first + k * layout_.width;
        double* scatter = sums + layout_.scatter_of(k);
        if (layout_.kind == Scatter::none || layout_.centre != nullptr) {
            kernels().first_moment(tile, reference, r, weight, first);
        } else if (layout_.kind == Scatter::trace) {
            kernels().scatter_trace(tile, reference, r, squares(k), weight, first, scatter);
        } else if (layout_.kind == Scatter::diagonal) {
            kernels().scatter_diagonal(tile, reference, r, weight, first, scatter);
        } else {
            kernels().scatter_full(tile, reference, r, weight, first, scatter, scratch_.data());
        }
    }

    /// || x_i - reference_k ||^2: from the E-step where it measured from the same points.
    const T* squares(Index k) {
        const T* known = setup_.about_own_means ? expectation_->squares(k) : nullptr;
        if (known != nullptr) return known;
        kernels().log_density_scalar(tile_.tile(), setup_.reference[k], 1, 0, scratch_.data(),
                                     scratch_.data() + tile_.stride());
        return scratch_.data();
    }

    const Rows& rows_;
    const Setup<T>& setup_;
    const SumsLayout& layout_;
    const kernels::Table& table_;
    rows::TileBuffer<T> tile_;
    std::unique_ptr<Expectation<T>> expectation_;
    linalg::AlignedBuffer<T> r_;
    linalg::AlignedBuffer<double> weights_;
    linalg::AlignedBuffer<double> lse_;
    linalg::AlignedBuffer<T> scratch_;
};

/// One thread's workers: in single precision where the model allows it, in double where it or a tile does not.
struct Worker {
    std::optional<TileWorker<float>> narrow;
    std::optional<TileWorker<double>> wide;
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
    const SumsLayout layout(source.n_components, rows.x.n_features, scatter, safe_centre(source));
    const auto* from = std::get_if<Source::Model>(&source.from);
    const auto narrow_model = from != nullptr ? rows::narrow(*from->scorer, rows.x.scalar) : std::nullopt;
    std::optional<rows::Model<double>> model;
    if (from != nullptr) model.emplace(*from->scorer);
    const Setup<double> setup(source, model ? &*model : nullptr, reference, layout);
    std::optional<Setup<float>> narrow_setup;
    if (narrow_model) narrow_setup.emplace(source, &*narrow_model, reference, layout);
    const rows::Plan plan = rows::cut(rows.x.n_rows, layout.n_features,
                                      rows::flops_per_row(layout.n_components, layout.n_features, layout.triangular()),
                                      narrow_model ? sizeof(float) : sizeof(double));

    std::vector<Worker> workers(static_cast<std::size_t>(rows.context.n_threads));
    const auto add_tile = [&](Worker& worker, Index first, Index n, double* sums) {
        if (narrow_setup) {
            if (!worker.narrow) worker.narrow.emplace(rows, source, *narrow_setup, layout, plan);
            if (worker.narrow->add_tile(first, n, sums)) return;
        }
        if (!worker.wide) worker.wide.emplace(rows, source, setup, layout, plan);
        worker.wide->add_tile(first, n, sums);
    };
    SumsPool pool(layout);
    parallel::MergeTree<Sums> tree(plan.n_chunks, [&pool](Sums& left, Sums& right) { pool.merge(left, right); });
    parallel::parallel_for(
        plan.n_chunks, rows.context.n_threads, rows.context.poll, [&](Index chunk, const parallel::Worker& thread) {
            Worker& worker = workers[static_cast<std::size_t>(thread.id())];
            Sums sums = pool.take();
            rows::for_each_tile(plan, chunk, thread,
                                [&](Index first, Index n) { add_tile(worker, first, n, sums.data()); });
            tree.put(chunk, std::move(sums));
        });
    Moments moments = to_moments(layout, tree.root().data(), rows.x.n_rows, reference);
    if (narrow_model) moments.rounding = single_rounding;
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
