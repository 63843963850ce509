/// Samples from a mixture: components, standard normal numbers, then each component's square root times these.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "families/prepare.hpp"
#include "gaussmix/scoring.hpp"
#include "linalg/aligned.hpp"
#include "linalg/triangular.hpp"
#include "model/normals.hpp"
#include "model/output.hpp"
#include "random/random.hpp"
#include "rows/context.hpp"
#include "rows/tile.hpp"
#include "text/invalid.hpp"
#include "tuning/tuning.hpp"

namespace gaussmix {
namespace {

constexpr Index block_rows = 4096;  // that share a stream of random numbers: fixed, so that seeds keep their meaning

Index draw_component(const std::vector<double>& cumulative, double uniform) {
    const auto found = std::upper_bound(cumulative.begin(), cumulative.end(), uniform * cumulative.back());
    return std::min(found - cumulative.begin(), static_cast<std::ptrdiff_t>(cumulative.size()) - 1);
}

/// Square roots of covariances as lower triangles L, or as diagonals.
class Roots {
public:
    Roots(const Parameters& parameters, const rows::Context& context)
        : family_(families::get(parameters.covariance_type)),
          d_(parameters.n_features),
          n_(families::n_covariances(family_, parameters.n_components)) {
        std::vector<double> upper = families::roots(parameters, context);
        if (is_diagonal()) {
            diagonals_ = std::move(upper);
            return;
        }
        const Index size = linalg::packed_size(d_);
        lower_.resize(n_ * kernels::packed_factor_size(d_));
        for (Index k = 0; k < n_; ++k) {
            double* lower = lower_.data() + k * kernels::packed_factor_size(d_);
            for (Index column = 0; column < d_; ++column) {
                for (Index row = column; row < d_; ++row) {
                    lower[kernels::packed_factor_index(row, column)] =
                        upper[k * size + linalg::upper_index(column, row, d_)];
                }
            }
        }
    }

    bool is_diagonal() const { return family_.whitening.is_separable(); }
    const double* diagonal(Index k) const { return diagonals_.data() + own(k) * d_; }
    /// As the kernels pack them.
    const double* lower(Index k) const { return lower_.data() + own(k) * kernels::packed_factor_size(d_); }

private:
    Index own(Index k) const { return n_ == 1 ? 0 : k; }

    const families::Family& family_;
    Index d_;
    Index n_;
    std::vector<double> diagonals_;
    std::vector<double> lower_;
};

/// The box that rows of a background are drawn from. Where only its volume is known, it lies about the components.
struct Box {
    explicit Box(const Parameters& parameters) : low(parameters.n_features), side(low.size()) {
        if (const NoiseBox& known = parameters.noise->box; known.known()) {
            for (std::size_t j = 0; j < low.size(); ++j) {
                side[j] = std::exp(known.log_widths[j]);
                low[j] = known.middle[j] - side[j] / 2;
            }
            return;
        }
        const families::Family& family = families::get(parameters.covariance_type);
        const double share = families::share_of_components(parameters);
        const Index d = parameters.n_features;
        double log_side = parameters.noise->log_volume;
        for (Index j = 0; j < d; ++j) {
            double mean = 0;
            double variance = 0;
            for (Index k = 0; k < parameters.n_components; ++k) {
                mean += parameters.weights[k] / share * parameters.means[k * d + j];
            }
            for (Index k = 0; k < parameters.n_components; ++k) {
                const double gap = parameters.means[k * d + j] - mean;
                variance += parameters.weights[k] / share * (family.variance(parameters, k, j) + gap * gap);
            }
            low[j] = mean;
            side[j] = variance > 0 ? std::log(variance) / 2 : 0;
            log_side -= side[j];
        }
        for (Index j = 0; j < d; ++j) {
            side[j] = std::exp(side[j] + log_side / static_cast<double>(d));
            low[j] -= side[j] / 2;
        }
    }

    std::vector<double> low;   // (d,)
    std::vector<double> side;  // (d,)
};

/// Draws the rows of one block, in order, some at a time.
class Block {
public:
    Block(const Parameters& parameters, const std::vector<double>& cumulative, const Roots& roots,
          const std::optional<Box>& box, const kernels::Table& table, random::Generator generator)
        : parameters_(parameters),
          d_(parameters.n_features),
          cumulative_(cumulative),
          roots_(roots),
          box_(box),
          table_(table),
          generator_(generator) {
        if (roots.is_diagonal()) return;
        const Index numbers = d_ * rows::tile_stride<double>(tuning::drawn_tile_rows);
        tile_ = rows::TileBuffer<double>(tuning::drawn_tile_rows, d_, table);
        origin_.resize(d_);
        scratch_ = linalg::AlignedBuffer<double>(kernels::round_up(d_, kernels::panel) * table.f64.max_block);
        coloured_ = linalg::AlignedBuffer<double>(numbers);
        rows_ = linalg::AlignedBuffer<double>(numbers);
    }

    /// Draws n rows: an even number, unless they are the last.
    void draw(Index n, double* x, std::int64_t* labels) {
        draw_numbers(n, labels);
        colour(n, labels, x);
        if (box_) std::replace(labels, labels + n, parameters_.n_components, Index{-1});
    }

private:
    /// Draws a component before each row's numbers, which come in pairs.
    void draw_numbers(Index n, std::int64_t* labels) {
        const Index n_pairs = (n * d_ + 1) / 2;
        z_.resize(n_pairs);
        random::Generator generator = generator_;  // in registers
        Index pair = 0;
        for (Index i = 0; i < n; ++i) {
            labels[i] = draw_component(cumulative_, generator.uniform());
            // A point that does not count is overwritten by the next: no branch, which could not be predicted.
            while (2 * pair < (i + 1) * d_) pair += z_.put(pair, generator.point()) ? 1 : 0;
        }
        generator_ = generator;
        z_.finish(table_);
    }

    /// Computes x = mean + L z, for the rows of one component together.
    void colour(Index n, const std::int64_t* labels, double* x) {
        if (roots_.is_diagonal()) {
            for (Index i = 0; i < n; ++i) {
                if (labels[i] == parameters_.n_components) {
                    fill(i, x);
                    continue;
                }
                const double* root = roots_.diagonal(labels[i]);
                const double* mean = mean_of(labels[i]);
                const double* z = z_.data() + i * d_;
                for (Index j = 0; j < d_; ++j) x[i * d_ + j] = mean[j] + root[j] * z[j];
            }
            return;
        }
        order_.resize(n);
        std::iota(order_.begin(), order_.end(), std::uint16_t{0});
        rows::sort_by(labels, parameters_.n_components + (box_ ? 1 : 0), order_);
        for (Index begin = 0, end = 0; begin < n; begin = end) {
            const Index k = labels[order_[begin]];
            const Index last = std::min(begin + tuning::drawn_tile_rows, n);
            while (end < last && labels[order_[end]] == k) ++end;
            if (k < parameters_.n_components) {
                colour_some(k, begin, end, n, x);
            } else {
                for (Index position = begin; position < end; ++position) fill(order_[position], x);
            }
        }
    }

    /// Takes row i of a background to its box.
    void fill(Index i, double* x) const {
        for (Index j = 0; j < d_; ++j) {
            x[i * d_ + j] = box_->low[j] + box_->side[j] * model::uniform_of(z_.data()[i * d_ + j]);
        }
    }

    /// Does so for the rows of component k at some of the n positions.
    void colour_some(Index k, Index begin, Index end, Index n, double* x) {
        tile_.load(row_major(z_.data(), n, d_), {}, begin, end - begin, order_.data());
        table_.f64.whiten(tile_.tile(), {origin_.data(), nullptr}, roots_.lower(k), scratch_.data(), coloured_.data());
        table_.f64.pack(coloured_.data(), tile_.stride(), d_, end - begin, d_, rows_.data());
        const double* mean = mean_of(k);
        for (Index position = begin; position < end; ++position) {
            const double* row = rows_.data() + (position - begin) * d_;
            double* to = x + order_[position] * d_;
            for (Index j = 0; j < d_; ++j) to[j] = mean[j] + row[j];
        }
    }

    const double* mean_of(Index k) const { return parameters_.means.data() + k * d_; }

    const Parameters& parameters_;
    Index d_;
    const std::vector<double>& cumulative_;
    const Roots& roots_;
    const std::optional<Box>& box_;
    const kernels::Table& table_;
    random::Generator generator_;
    model::Normals z_;
    std::vector<std::uint16_t> order_;
    rows::TileBuffer<double> tile_;
    std::vector<double> origin_;
    linalg::AlignedBuffer<double> scratch_;
    linalg::AlignedBuffer<double> coloured_;
    linalg::AlignedBuffer<double> rows_;
};

void check_n_rows(const Parameters& parameters, Index n_rows) {
    if (n_rows < 1) {
        text::invalid("n_samples={} must be at least 1", n_rows);
    }
    const Index d = std::max<Index>(parameters.n_features, 1);
    if (n_rows > std::numeric_limits<Index>::max() / static_cast<Index>(sizeof(double)) / d - block_rows) {
        text::invalid("n_samples={} of {} features have no address: draw fewer", n_rows, d);
    }
}

}  // namespace

void sample(const Parameters& parameters, Index n_rows, std::uint64_t seed, Output<double> x,
            Output<std::int64_t> labels, const Execution& execution) {
    check_n_rows(parameters, n_rows);
    if (!families::check_values(parameters)) return sample(symmetrised(parameters), n_rows, seed, x, labels, execution);
    const Index d = parameters.n_features;
    model::check_output(x, "x", n_rows, d);
    model::check_output(labels, "labels", n_rows);
    const Index blocks = (n_rows + block_rows - 1) / block_rows;
    const rows::Context context(execution, blocks);
    const Roots roots(parameters, context);
    std::vector<double> cumulative = families::weights_of_terms(parameters);
    std::optional<Box> box;
    if (parameters.noise) box.emplace(parameters);
    for (std::size_t k = 1; k < cumulative.size(); ++k) cumulative[k] += cumulative[k - 1];

    const Index part = std::clamp<Index>(tuning::drawn_at_once / d / 2 * 2, 2, block_rows);
    parallel::parallel_for(blocks, context.n_threads, context.poll, [&](Index index, const parallel::Worker&) {
        Block block(parameters, cumulative, roots, box, context.table,
                    random::Generator(seed, static_cast<std::uint64_t>(index)));
        const Index end = std::min(n_rows, (index + 1) * block_rows);
        for (Index first = index * block_rows; first < end; first += part) {
            block.draw(std::min(part, end - first), x.data + first * d, labels.data + first);
            parallel::checkpoint();
        }
    });
}

Drawn sample(const Parameters& parameters, Index n_rows, std::uint64_t seed, const Execution& execution) {
    check_n_rows(parameters, n_rows);
    validate(parameters);
    Drawn drawn;
    drawn.x.resize(n_rows * parameters.n_features);
    drawn.labels.resize(n_rows);
    sample(parameters, n_rows, seed, drawn.x, drawn.labels, execution);
    return drawn;
}

}  // namespace gaussmix
