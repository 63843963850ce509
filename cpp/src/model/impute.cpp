/// Means, covariances and draws of missing values, for the rows of one pattern at a time.
#include "gaussmix/impute.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "missing/mixture.hpp"
#include "missing/tiles.hpp"
#include "model/normals.hpp"
#include "model/output.hpp"
#include "model/scored_tiles.hpp"
#include "random/random.hpp"
#include "rows/tile.hpp"
#include "rows/workers.hpp"
#include "text/invalid.hpp"

namespace gaussmix {
namespace {

using kernels::components_block;
using kernels::packed_index;
using kernels::packed_size;

constexpr Index lanes = 8;  // rows that are computed on together

/// One worker: its tile, and what each component says of the features that eight of its rows lack.
class Worker {
public:
    explicit Worker(const missing::Walk& walk)
        : walk_(walk),
          tile_(walk),
          n_components_(walk.mixture.scorer().n_components),
          n_terms_(walk.mixture.scorer().n_terms()),
          n_features_(walk.mixture.scorer().n_features),
          means_(n_terms_ * n_features_ * lanes),
          mean_(n_features_ * lanes) {}

    /// Calls use(worker, first, n) for eight rows at a time of a chunk that lack some features: rows from `first` of
    /// the tile, of which n count.
    template <class Copy, class Use>
    void visit(Index chunk, Copy copy, Use use) {
        const auto nothing = [](missing::Tile&) {};
        const auto some = [&](missing::Tile& tile) {
            for (Index i = 0; i < tile.n(); ++i) copy(tile.row(i));
            if (m() == 0) return;
            tile.expect(estep::Finish::probabilities);
            parallel::Pace pace;
            for (Index first = 0; first < tile.n(); first += lanes) {
                pace.spend(2 * lanes * n_terms_ * m() * (q() + 1));
                find_means(first);
                use(*this, first, std::min(lanes, tile.n() - first));
            }
        };
        missing::for_each_tile(walk_, chunk, tile_, [&](missing::Tile&) { order_slopes(); }, some, nothing);
    }

    Index n_terms() const noexcept { return n_terms_; }
    /// Returns whether a term is the background, whose features are uniform and tell nothing of each other.
    bool is_background(Index k) const noexcept { return k == n_components_; }
    Index m() const noexcept { return signed_size(tile_.marginal().unseen); }
    Index unseen(Index t) const noexcept { return tile_.marginal().unseen[t]; }
    Index row(Index i) const noexcept { return tile_.row(i); }

    /// Returns p(k | x) of eight rows.
    const double* shares(Index k, Index first) const noexcept { return tile_.values(k) + first; }
    /// Returns the means of term k, (m, lanes); only where it has a share.
    const double* means(Index k) const noexcept { return means_.data() + k * m() * lanes; }

    /// Returns the width of a missing feature in the background.
    double width(Index t) const noexcept { return std::exp(walk_.mixture.scorer().box.log_widths[unseen(t)]); }

    /// Returns the covariance of two missing features, s >= t, in term k.
    double covariance(Index k, Index s, Index t) const noexcept {
        if (is_background(k)) return s == t ? width(t) * width(t) / 12 : 0;
        if (walk_.mixture.correlates()) return in_block(tile_.marginal().spread, k, packed_size(m()), s, t);
        return s == t ? walk_.mixture.variance(k, unseen(s)) : 0;
    }
    /// Returns an entry of a lower triangle R with that covariance, R R^T.
    double root(Index k, Index s, Index t) const noexcept {
        if (!walk_.mixture.correlates()) return s == t ? std::sqrt(walk_.mixture.variance(k, unseen(s))) : 0;
        return in_block(tile_.marginal().root, k, packed_size(n_features_), q() + s, q() + t);
    }

    /// Returns the means of eight rows over components, (m, lanes).
    const std::vector<double>& average(Index first) {
        std::fill(mean_.begin(), mean_.end(), 0.0);
        for_each_share(first, [&](Index k, const double* share) {
            const double* own = means(k);
            for (Index at = 0; at < m() * lanes; ++at) {
                // Far rows overflow the values of components that have no part in them.
                const double each = share[at % lanes];
                mean_[at] += each == 0 ? 0 : each * own[at];
            }
        });
        return mean_;
    }

    /// Calls use(k, shares) for the terms that have a share of some of eight rows.
    template <class Use>
    void for_each_share(Index first, Use use) const {
        for (Index k = 0; k < n_terms_; ++k) {
            const double* share = shares(k, first);
            if (std::any_of(share, share + lanes, [](double each) { return each > 0; })) use(k, share);
        }
    }

private:
    Index q() const noexcept { return signed_size(tile_.marginal().seen); }

    static double in_block(const linalg::AlignedBuffer<double>& triangles, Index k, Index size, Index row,
                           Index column) noexcept {
        const Index block = k / components_block;
        return triangles.data()[(block * size + packed_index(row, column)) * components_block + k % components_block];
    }

    /// Copies the slopes of a pattern into the order in which rows need them, (K, q, m).
    void order_slopes() {
        if (!walk_.mixture.correlates() || m() == 0) return;
        slopes_.resize(n_components_ * q() * m());
        double* to = slopes_.data();
        for (Index k = 0; k < n_components_; ++k) {
            const double* from = tile_.marginal().slopes.data() + k / components_block * m() * q() * components_block +
                                 k % components_block;
            for (Index j = 0; j < q(); ++j) {
                for (Index t = 0; t < m(); ++t) *to++ = from[(t * q() + j) * components_block];
            }
        }
    }

    /// Computes mu_k,m + B_k (x_o - mu_k,o), and the middle of the background.
    void find_means(Index first) {
        const ScorerNumbers& scorer = walk_.mixture.scorer();
        for_each_share(first, [&](Index k, const double*) {
            double* out = means_.data() + k * m() * lanes;
            if (is_background(k)) {
                for (Index t = 0; t < m(); ++t) std::fill_n(out + t * lanes, lanes, scorer.box.middle[unseen(t)]);
                return;
            }
            std::fill_n(out, m() * lanes, 0.0);
            for (Index j = 0; walk_.mixture.correlates() && j < q(); ++j) {
                const double* x = tile_.rows().tile().columns + j * tile_.rows().tile().stride + first;
                const double centre = tile_.marginal().scorer.means[k * q() + j];
                double step[lanes];
                for (Index i = 0; i < lanes; ++i) step[i] = x[i] - centre;
                const double* slope = slopes_.data() + (k * q() + j) * m();
                for (Index t = 0; t < m(); ++t) {
                    for (Index i = 0; i < lanes; ++i) out[t * lanes + i] += slope[t] * step[i];
                }
            }
            for (Index t = 0; t < m(); ++t) {
                for (Index i = 0; i < lanes; ++i) out[t * lanes + i] += scorer.means[k * n_features_ + unseen(t)];
            }
        });
    }

    const missing::Walk& walk_;
    missing::Tile tile_;
    Index n_components_;
    Index n_terms_;
    Index n_features_;
    std::vector<double> slopes_;  // (K, q, m)
    std::vector<double> means_;   // (n_terms, m, lanes)
    std::vector<double> mean_;    // (m, lanes)
};

/// Calls copy(row) for each row, then use(worker, first, n) where some of its features are missing.
template <class Copy, class Use>
void visit(const Scorer& given, const MatrixView& x, const Execution& execution, Copy copy, Use use) {
    const ScorerNumbers& scorer = given.numbers();
    const rows::Plan plan = model::plan_for(x, scorer);
    const rows::Context context(execution, plan.n_chunks);
    const rows::Patterns patterns(x, context);
    if (patterns.complete()) {
        parallel::parallel_for(plan.n_chunks, context.n_threads, context.poll,
                               [&](Index chunk, const parallel::Worker&) {
                                   for (Index row = plan.begin(chunk); row < plan.end(chunk); ++row) copy(row);
                               });
        return;
    }
    missing::check(scorer);
    const missing::Mixture mixture(scorer, context);
    const missing::Walk walk{{x, {}, context}, patterns, plan, mixture};
    rows::Workers<Worker> workers(context);
    workers.for_each_chunk(
        plan, context, [&] { return std::make_unique<Worker>(walk); },
        [&](Worker& worker, Index chunk) { worker.visit(chunk, copy, use); });
}

void write_means(Worker& worker, Index first, Index n, Index d, double* out) {
    const std::vector<double>& mean = worker.average(first);
    for (Index i = 0; i < n; ++i) {
        double* row = out + worker.row(first + i) * d;
        for (Index t = 0; t < worker.m(); ++t) row[worker.unseen(t)] = mean[t * lanes + i];
    }
}

/// Writes the covariance of eight rows, after their means.
void write_covariances(Worker& worker, Index first, Index n, const double* means, Index d, double* out) {
    const auto at = [&](Index i, Index s, Index t) -> double& {
        return out[(worker.row(first + i) * d + worker.unseen(s)) * d + worker.unseen(t)];
    };
    worker.for_each_share(first, [&](Index k, const double* share) {
        const double* own = worker.means(k);
        for (Index s = 0; s < worker.m(); ++s) {
            for (Index t = 0; t <= s; ++t) {
                const double within = worker.covariance(k, s, t);
                for (Index i = 0; i < n; ++i) {
                    if (share[i] == 0) continue;
                    const double* mean = means + worker.row(first + i) * d;
                    const double between =
                        (own[s * lanes + i] - mean[worker.unseen(s)]) * (own[t * lanes + i] - mean[worker.unseen(t)]);
                    at(i, s, t) += share[i] * (within + between);
                }
            }
        }
    });
    for (Index i = 0; i < n; ++i) {
        for (Index s = 0; s < worker.m(); ++s) {
            for (Index t = 0; t < s; ++t) at(i, t, s) = at(i, s, t);
        }
    }
}

/// Draws what rows lack, again and again.
class Draws {
public:
    Draws(Index n_draws, std::uint64_t seed, Index first_row, const MatrixView& x, const kernels::Table& table,
          double* out)
        : n_draws_(n_draws),
          seed_(seed),
          first_row_(first_row),
          n_rows_(x.n_rows),
          d_(x.n_features),
          table_(table),
          out_(out) {}

    double* row(Index draw, Index row) const noexcept { return out_ + (draw * n_rows_ + row) * d_; }

    void write(Worker& worker, Index first, Index n) const {
        const Index m = worker.m();
        const Index n_pairs = (m + 1) / 2;
        model::Normals normals;
        normals.resize(n * n_draws_ * n_pairs);
        std::vector<Index> chosen;
        for (Index i = 0; i < n; ++i) {
            random::Generator generator(seed_, static_cast<std::uint64_t>(first_row_ + worker.row(first + i)));
            for (Index draw = 0; draw < n_draws_; ++draw) {
                const Index begin = signed_size(chosen) * n_pairs;
                chosen.push_back(term(worker, first + i, generator.uniform()));
                for (Index pair = 0; pair < n_pairs;) pair += normals.put(begin + pair, generator.point()) ? 1 : 0;
            }
        }
        normals.finish(table_);
        const double* z = normals.data();
        for (Index i = 0; i < n; ++i) {
            for (Index draw = 0; draw < n_draws_; ++draw, z += 2 * n_pairs) {
                const Index k = chosen[i * n_draws_ + draw];
                double* to = row(draw, worker.row(first + i));
                for (Index s = 0; s < m; ++s) {
                    double step = 0;
                    if (worker.is_background(k)) {
                        step = worker.width(s) * (model::uniform_of(z[s]) - 0.5);
                    } else {
                        for (Index t = 0; t <= s; ++t) step += worker.root(k, s, t) * z[t];
                    }
                    to[worker.unseen(s)] = worker.means(k)[s * lanes + i] + step;
                }
            }
        }
    }

private:
    static Index term(const Worker& worker, Index i, double left) {
        Index chosen = 0;
        for (Index k = 0; k < worker.n_terms(); ++k) {
            const double share = worker.shares(k, i)[0];
            if (share == 0) continue;
            chosen = k;
            left -= share;
            if (left < 0) break;
        }
        return chosen;
    }

    Index n_draws_;
    std::uint64_t seed_;
    Index first_row_;
    Index n_rows_;
    Index d_;
    const kernels::Table& table_;
    double* out_;
};

}  // namespace

void impute(const Scorer& scorer, const MatrixView& given, Output<double> out, const Execution& execution) {
    const MatrixView x = with_missing(given);
    model::checked_plan(x, scorer.numbers());
    const Index d = x.n_features;
    model::check_output(out, "out", x.n_rows, d);
    visit(
        scorer, x, execution, [&](Index row) { rows::read_row(x, row, out.data + row * d); },
        [&](Worker& worker, Index first, Index n) { write_means(worker, first, n, d, out.data); });
}

void impute(const Scorer& scorer, const MatrixView& given, Output<double> out, Output<double> covariances,
            const Execution& execution) {
    const MatrixView x = with_missing(given);
    model::checked_plan(x, scorer.numbers());
    const Index d = x.n_features;
    model::check_output(out, "out", x.n_rows, d);
    model::check_output(covariances, "covariances", x.n_rows, d * d);
    visit(
        scorer, x, execution,
        [&](Index row) {
            rows::read_row(x, row, out.data + row * d);
            std::fill_n(covariances.data + row * d * d, d * d, 0.0);
        },
        [&](Worker& worker, Index first, Index n) {
            write_means(worker, first, n, d, out.data);
            write_covariances(worker, first, n, out.data, d, covariances.data);
        });
}

void draw_missing(const Scorer& scorer, const MatrixView& given, Index n_draws, std::uint64_t seed, Output<double> out,
                  const Execution& execution, Index first_row) {
    const MatrixView x = with_missing(given);
    model::checked_plan(x, scorer.numbers());
    if (n_draws < 1) text::invalid("n_draws={} must be at least 1", n_draws);
    const Index d = x.n_features;
    model::check_output(out, "out", n_draws, x.n_rows * d);
    const rows::Context context(execution, 1);
    const Draws draws(n_draws, seed, first_row, x, context.table, out.data);
    visit(
        scorer, x, execution,
        [&](Index row) {
            for (Index draw = 0; draw < n_draws; ++draw) rows::read_row(x, row, draws.row(draw, row));
        },
        [&](Worker& worker, Index first, Index n) { draws.write(worker, first, n); });
}

}  // namespace gaussmix
