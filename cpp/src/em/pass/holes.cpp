#include "em/pass/holes.hpp"

#include <algorithm>
#include <numeric>

#include "kernels/layout.hpp"
#include "missing/mixture.hpp"
#include "missing/tiles.hpp"
#include "parallel/tree.hpp"
#include "rows/workers.hpp"

namespace gaussmix::em {
namespace {

using kernels::components_block;
using kernels::packed_index;
using kernels::packed_size;

/// The sums of some chunks, of all features. Numbers of components stand in blocks, as the kernels have them.
struct Totals {
    double log_likelihood = 0;
    double total_weight = 0;
    double background = 0;        // its weight
    std::vector<double> weights;  // (n_blocks, components_block)
    std::vector<double> seen;     // (n_blocks, d, components_block)
    std::vector<double> first;    // likewise
    std::vector<double> scatter;  // (n_blocks, packed triangle or d, components_block)
    std::vector<double> spread;   // likewise: what of it is the spread of missing values given the others
};

void add(std::vector<double>& to, const std::vector<double>& from) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

void add(Totals& to, const Totals& from) {
    to.log_likelihood += from.log_likelihood;
    to.total_weight += from.total_weight;
    to.background += from.background;
    add(to.weights, from.weights);
    add(to.seen, from.seen);
    add(to.first, from.first);
    add(to.scatter, from.scatter);
    add(to.spread, from.spread);
}

void add_block(double* to, const double* from) noexcept {
    for (Index lane = 0; lane < components_block; ++lane) to[lane] += from[lane];
}

/// The places of a pass in which sums of one pattern are kept.
class Shape {
public:
    Shape(const missing::Mixture& mixture, const scatter::Form& scatter)
        : n_components(mixture.scorer().n_components),
          n_terms(mixture.scorer().n_terms()),
          n_features(mixture.scorer().n_features),
          n_blocks(mixture.n_blocks()),
          matrices(mixture.correlates() || scatter.is_triangular()),
          form(matrices ? scatter::full : scatter::diagonal) {}

    Index n_components;
    Index n_terms;  ///< one more if there is a background
    Index n_features;
    Index n_blocks;
    bool matrices;              ///< whether second moments of two features are summed
    const scatter::Form& form;  ///< of a pattern's sums
    Index part_size() const noexcept { return matrices ? packed_size(n_features) : n_features; }
    Totals totals() const {
        const auto zeros = [&](Index n) { return std::vector<double>(n_blocks * n * components_block); };
        return {0, 0, 0, zeros(1), zeros(n_features), zeros(n_features), zeros(part_size()), zeros(part_size())};
    }
};

/// One worker: its tile, the sums of the pattern that it is at, and room to complete them.
class Worker {
public:
    Worker(const missing::Walk& walk, const Source& source, const Shape& shape)
        : walk_(walk), source_(source), shape_(shape), tile_(walk) {}

    Totals sums_of(Index chunk) {
        Totals totals = shape_.totals();
        missing::for_each_tile(
            walk_, chunk, tile_, [&](missing::Tile&) { clear(); }, [&](missing::Tile&) { add_tile(totals); },
            [&](missing::Tile&) { complete(totals); });
        return totals;
    }

private:
    Index q() const noexcept { return signed_size(tile_.marginal().seen); }
    Index first_stride() const noexcept { return kernels::round_up(q(), kernels::lanes); }
    Index scatter_stride() const noexcept {
        return shape_.matrices ? kernels::padded_scatter_size(q()) : first_stride();
    }

    void clear() {
        weights_.assign(shape_.n_blocks * components_block, 0.0);
        first_.assign(shape_.n_components * first_stride(), 0.0);
        scatter_.assign(shape_.n_components * scatter_stride(), 0.0);
    }

    /// Fills in responsibilities that do not come from a mixture.
    void fill() {
        std::vector<double> values(shape_.n_terms);
        std::fill_n(tile_.sums().best, tile_.n_rows(), 0.0);
        std::fill_n(tile_.sums().sum, tile_.n_rows(), 1.0);
        for (Index i = 0; i < tile_.n_rows(); ++i) {
            std::fill(values.begin(), values.end(), 0.0);
            if (i < tile_.n()) responsibilities_of(source_, tile_.row(i), values.data());
            for (Index k = 0; k < shape_.n_terms; ++k) tile_.values(k)[i] = tile_.weights()[i] * values[k];
        }
    }

    void add_tile(Totals& totals) {
        const kernels::Table& table = walk_.rows.context.table;
        const kernels::Kernels<double>& kernels = table.f64;
        if (const auto* model = std::get_if<Source::Model>(&source_.from)) {
            tile_.expect(model->finish);
        } else {
            fill();
        }
        const Index n_rows = tile_.n_rows();
        totals.total_weight += std::accumulate(tile_.weights(), tile_.weights() + tile_.n(), 0.0);
        totals.log_likelihood += kernels.log_likelihood(tile_.weights(), tile_.sums(), n_rows);
        if (shape_.n_terms > shape_.n_components) {
            const double* responsibilities = tile_.values(shape_.n_components);
            totals.background += std::accumulate(responsibilities, responsibilities + tile_.n(), 0.0);
        }
        if (q() == 0) {
            for (Index k = 0; k < shape_.n_components; ++k) {
                weights_[k] += std::accumulate(tile_.values(k), tile_.values(k) + n_rows, 0.0);
            }
            return;
        }
        work_.resize(kernels::scatter_scratch(tile_.stride(), q()));
        const double* means = tile_.marginal().scorer.means.data();
        for (Index k = 0; k < shape_.n_components; ++k) {
            shape_.form.add_rows(scatter::Job<double>{kernels,
                                                      tile_.rows().tile(),
                                                      {},
                                                      {means + k * q(), nullptr},
                                                      tile_.values(k),
                                                      nullptr,
                                                      work_.data(),
                                                      &weights_[k],
                                                      first_.data() + k * first_stride(),
                                                      scatter_.data() + k * scatter_stride()});
        }
    }

    void complete(Totals& totals) {
        for (Index block = 0; block < shape_.n_blocks; ++block) {
            const double* weight = weights_.data() + block * components_block;
            if (std::all_of(weight, weight + components_block, [](double w) { return w == 0; })) continue;
            add_block(totals.weights.data() + block * components_block, weight);
            if (shape_.matrices) {
                complete_matrices(totals, block, weight);
            } else {
                complete_squares(totals, block, weight);
            }
        }
    }

    /// Calls use(k, lane) for the components of a block.
    template <class Use>
    void for_each_lane(Index block, Use use) const {
        const Index begin = block * components_block;
        const Index end = std::min(begin + components_block, shape_.n_components);
        for (Index k = begin; k < end; ++k) use(k, k - begin);
    }

    /// Where each feature adds its part of a block's first moments, or of the weights of rows that have it.
    double* at(std::vector<double>& sums, Index block, Index feature) const {
        return sums.data() + (block * shape_.n_features + feature) * components_block;
    }

    void add_first(Totals& totals, Index block, const double* weight) {
        const std::vector<Index>& seen = tile_.marginal().seen;
        moments_.assign(q() * components_block, 0.0);
        for_each_lane(block, [&](Index k, Index lane) {
            for (Index i = 0; i < q(); ++i) moments_[i * components_block + lane] = first_[k * first_stride() + i];
        });
        for (Index i = 0; i < q(); ++i) {
            add_block(at(totals.first, block, seen[i]), moments_.data() + i * components_block);
            add_block(at(totals.seen, block, seen[i]), weight);
        }
    }

    void complete_squares(Totals& totals, Index block, const double* weight) {
        add_first(totals, block, weight);
        const missing::Marginal& marginal = tile_.marginal();
        for_each_lane(block, [&](Index k, Index lane) {
            for (Index i = 0; i < q(); ++i) {
                at(totals.scatter, block, marginal.seen[i])[lane] += scatter_[k * scatter_stride() + i];
            }
            for (const Index j : marginal.unseen) {
                const double spread = weight[lane] * walk_.mixture.variance(k, j);
                at(totals.scatter, block, j)[lane] += spread;
                at(totals.spread, block, j)[lane] += spread;
            }
        });
    }

    void complete_matrices(Totals& totals, Index block, const double* weight) {
        add_first(totals, block, weight);
        const missing::Marginal& marginal = tile_.marginal();
        const Index n = q();
        const Index m = signed_size(marginal.unseen);
        squares_.assign(n * n * components_block, 0.0);
        for_each_lane(block, [&](Index k, Index lane) {
            const double* scatter = scatter_.data() + k * scatter_stride();
            for (Index i = 0; i < n; ++i) {
                const double* row = scatter + kernels::scatter_row_offset(i);
                for (Index j = 0; j <= i; ++j) {
                    squares_[(i * n + j) * components_block + lane] = row[j];
                    squares_[(j * n + i) * components_block + lane] = row[j];
                }
            }
        });
        const std::vector<Index>& seen = marginal.seen;
        const std::vector<Index>& unseen = marginal.unseen;
        double* scatter = totals.scatter.data() + block * shape_.part_size() * components_block;
        double* spread = totals.spread.data() + block * shape_.part_size() * components_block;
        const auto add = [&](Index a, Index b, const double* sums) {
            add_block(scatter + packed_index(std::max(a, b), std::min(a, b)) * components_block, sums);
        };
        for (Index i = 0; i < n; ++i) {
            for (Index j = 0; j <= i; ++j) add(seen[i], seen[j], squares_.data() + (i * n + j) * components_block);
        }
        if (m == 0) return;
        if (!walk_.mixture.correlates()) {
            for_each_lane(block, [&](Index k, Index lane) {
                for (const Index j : unseen) {
                    const Index place = packed_index(j, j) * components_block + lane;
                    scatter[place] += weight[lane] * walk_.mixture.variance(k, j);
                    spread[place] += weight[lane] * walk_.mixture.variance(k, j);
                }
            });
            return;
        }
        first_of_rest_.resize(m * components_block);
        cross_.resize(m * n * components_block);
        rest_.resize(packed_size(m) * components_block);
        const double* given = marginal.spread.data() + block * packed_size(m) * components_block;
        walk_.rows.context.table.complete_components(marginal.slopes.data() + block * m * n * components_block, given,
                                                     weight, moments_.data(), squares_.data(), n, m,
                                                     first_of_rest_.data(), cross_.data(), rest_.data());
        for (Index i = 0; i < m; ++i) {
            add_block(at(totals.first, block, unseen[i]), first_of_rest_.data() + i * components_block);
            for (Index j = 0; j < n; ++j) {
                add(unseen[i], seen[j], cross_.data() + (i * n + j) * components_block);
            }
            for (Index j = 0; j <= i; ++j) {
                const Index from = packed_index(i, j) * components_block;
                add(unseen[i], unseen[j], rest_.data() + from);
                double* to = spread + packed_index(unseen[i], unseen[j]) * components_block;
                for (Index lane = 0; lane < components_block; ++lane) to[lane] += weight[lane] * given[from + lane];
            }
        }
    }

    const missing::Walk& walk_;
    const Source& source_;
    const Shape& shape_;
    missing::Tile tile_;
    std::vector<double> weights_;  // (n_blocks, components_block)
    std::vector<double> first_;    // (K, padded q)
    std::vector<double> scatter_;  // (K, padded triangle or q)
    std::vector<double> work_;
    std::vector<double> moments_;  // (q, components_block)
    std::vector<double> squares_;  // (q, q, components_block)
    std::vector<double> first_of_rest_;
    std::vector<double> cross_;
    std::vector<double> rest_;
};

/// Writes a component's second moments in the form that was asked for.
void add_scatter(const Shape& shape, const scatter::Form& form, const std::vector<double>& sums, Index k, double* to) {
    const Index d = shape.n_features;
    const double* from =
        sums.data() + k / components_block * shape.part_size() * components_block + k % components_block;
    const auto square = [&](Index j) { return from[(shape.matrices ? packed_index(j, j) : j) * components_block]; };
    if (form.is_triangular()) {
        for (Index e = 0; e < packed_size(d); ++e) to[e] += from[e * components_block];
    } else if (form.is_separable()) {
        const bool summed = form.features_summed(d) > 1 || form.part_size(d) == 1;
        for (Index j = 0; j < d; ++j) to[summed ? 0 : j] += square(j);
    }
}

}  // namespace

Moments pass_with_holes(const rows::Data& rows, const rows::Patterns& patterns, const Source& source,
                        const ScorerNumbers& completing, const scatter::Form& scatter, std::vector<double>* seen) {
    missing::check(completing);
    const missing::Mixture mixture(completing, rows.context);
    const Shape shape(mixture, scatter);
    const Index n_components = shape.n_components;
    const Index d = shape.n_features;
    const missing::Walk walk{
        rows, patterns, rows::cut(rows.x.n_rows, d, rows::em_work(n_components, d, shape.matrices), sizeof(double)),
        mixture, shape.matrices ? rows::Layouts::columns_and_rows : rows::Layouts::columns};
    parallel::MergeTree<Totals> tree(walk.plan.n_chunks, [](Totals& a, Totals& b) { add(a, b); });
    rows::Workers<Worker> workers(rows.context);
    workers.for_each_chunk(
        walk.plan, rows.context, [&] { return std::make_unique<Worker>(walk, source, shape); },
        [&](Worker& worker, Index chunk) { tree.put(chunk, worker.sums_of(chunk)); });

    const Totals totals = walk.plan.n_chunks > 0 ? std::move(tree.root()) : shape.totals();
    const auto value = [&](const std::vector<double>& sums, Index k, Index j, Index n) {
        return sums[(k / components_block * n + j) * components_block + k % components_block];
    };
    Moments moments;
    moments.scatter_kind = scatter.kind;
    moments.n_components = n_components;
    moments.n_features = d;
    moments.n_rows = rows.x.n_rows;
    moments.total_weight = totals.total_weight;
    moments.log_likelihood = totals.log_likelihood;
    moments.reference = completing.means;
    moments.scatter.resize(scatter.size(n_components, d));
    moments.spread.resize(moments.scatter.size());
    for (Index k = 0; k < n_components; ++k) {
        moments.weights.push_back(value(totals.weights, k, 0, 1));
        for (Index j = 0; j < d; ++j) {
            moments.first.push_back(value(totals.first, k, j, d));
            if (seen != nullptr) seen->push_back(value(totals.seen, k, j, d));
        }
        add_scatter(shape, scatter, totals.scatter, k, moments.scatter.data() + scatter.offset(k, d));
        add_scatter(shape, scatter, totals.spread, k, moments.spread.data() + scatter.offset(k, d));
    }
    if (completing.has_background()) moments.weights.push_back(totals.background);
    if (totals.total_weight == 0) moments.rounding = 0;
    return moments;
}

}  // namespace gaussmix::em
