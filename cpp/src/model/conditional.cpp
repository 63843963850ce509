/// Some features given the others: regressions and covariances once, then a walk over the rows that are given.
#include "gaussmix/conditional.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "families/assemble.hpp"
#include "families/closure.hpp"
#include "families/prepare.hpp"
#include "gaussmix/error.hpp"
#include "gaussmix/families.hpp"
#include "gaussmix/parts.hpp"
#include "gaussmix/scoring.hpp"
#include "linalg/constants.hpp"
#include "linalg/triangular.hpp"
#include "model/features.hpp"
#include "model/normals.hpp"
#include "model/output.hpp"
#include "model/scored_tiles.hpp"
#include "model/univariate.hpp"
#include "random/random.hpp"
#include "text/invalid.hpp"

namespace gaussmix {

/// For each factor of the family, K or 1 of them: regression B^T and a root of the covariance given x.
struct ConditionalNumbers {
    Index g = 0;
    Index m = 0;
    std::vector<Index> target;
    Scorer scorer;                         ///< of the given features
    std::vector<double> given_means;       ///< (K, g)
    Parameters components;                 ///< of the targets
    bool separable = false;                ///< features of a component do not depend on each other
    Index n_factors = 0;                   ///< K, or 1 if the covariance is shared
    std::vector<double> regressions;       ///< (n_factors, g, m), or empty if separable
    std::vector<double> roots;             ///< upper U with covariance U^T U: (n_factors, packed), or deviations (K, m)
    std::vector<double> log_determinants;  ///< of the roots, (n_factors,)

    Index own(Index k) const noexcept { return n_factors == 1 ? 0 : k; }
    Index root_size() const noexcept { return separable ? m : linalg::packed_size(m); }
    const double* root(Index k) const noexcept { return roots.data() + own(k) * root_size(); }
    const double* regression(Index k) const noexcept { return regressions.data() + own(k) * g * m; }
    const double* mean(Index k) const noexcept { return components.means.data() + k * m; }
    const double* given_mean(Index k) const noexcept { return given_means.data() + k * g; }
    /// The covariance of two targets in component k.
    double covariance(Index k, Index s, Index t) const noexcept {
        const double* u = root(k);
        if (separable) return s == t ? u[s] * u[s] : 0;
        double sum = 0;
        for (Index l = 0; l <= std::min(s, t); ++l) {
            sum += u[linalg::upper_index(l, s, m)] * u[linalg::upper_index(l, t, m)];
        }
        return sum;
    }
};

namespace {

using model::check_output;
using model::checked_plan;
using model::for_each_scored_tile;

constexpr Index lanes = 8;  // rows that are computed on together
constexpr double lowest = std::numeric_limits<double>::lowest();

/// Factors one covariance with the given features first: U = [U_gg, U_gy; 0, U_yy]. Then B^T = U_gg^-1 U_gy, and U_yy
/// is a root of the covariance given x.
void factor(const Parameters& parameters, const std::vector<Index>& order, Index k, ConditionalNumbers& numbers,
            const kernels::Table& table) {
    const Index d = parameters.n_features;
    const Index g = numbers.g;
    const Index m = numbers.m;
    const std::vector<double> matrix = covariance_matrix(parameters, k, order);
    std::vector<double> u;
    u.reserve(linalg::packed_size(d));
    for (Index i = 0; i < d; ++i) u.insert(u.end(), matrix.begin() + i * d + i, matrix.begin() + (i + 1) * d);
    if (!linalg::cholesky(u.data(), d, table)) families::refuse(parameters, k);
    double* regression = numbers.regressions.data() + k * g * m;
    parallel::Pace pace;
    for (Index i = g; i-- > 0;) {
        double* row = regression + i * m;
        std::copy_n(u.data() + linalg::upper_index(i, g, d), m, row);
        for (Index l = i + 1; l < g; ++l) {
            const double entry = u[linalg::upper_index(i, l, d)];
            for (Index t = 0; t < m; ++t) row[t] -= entry * regression[l * m + t];
        }
        const double pivot = u[linalg::upper_index(i, i, d)];
        for (Index t = 0; t < m; ++t) row[t] /= pivot;
        pace.spend(2 * (g - i) * m);
    }
    double* root = numbers.roots.data() + k * numbers.root_size();
    std::copy_n(u.data() + linalg::upper_index(g, g, d), linalg::packed_size(m), root);
}

/// Eight rows of a tile: the means of y in each component.
class Block {
public:
    explicit Block(const ConditionalNumbers& numbers)
        : numbers_(numbers), means_(numbers.components.n_components * numbers.m * lanes) {}

    /// Computes mu_k,y + B_k (x - mu_k,x) for rows from row `first` of the tile.
    template <class T>
    void compute(const kernels::Tile<T>& tile, Index first) {
        const ConditionalNumbers& c = numbers_;
        for (Index k = 0; k < c.components.n_components; ++k) {
            double* out = of(k);
            if (c.separable) {
                for (Index t = 0; t < c.m; ++t) std::fill_n(out + t * lanes, lanes, c.mean(k)[t]);
                continue;
            }
            std::fill_n(out, c.m * lanes, 0.0);
            const double* b = c.regression(k);
            for (Index j = 0; j < c.g; ++j) {
                const T* x = tile.columns + j * tile.stride + first;
                const double mean = c.given_mean(k)[j];
                double step[lanes];
                for (Index i = 0; i < lanes; ++i) step[i] = static_cast<double>(x[i]) - mean;
                for (Index t = 0; t < c.m; ++t) {
                    const double slope = *b++;
                    for (Index i = 0; i < lanes; ++i) out[t * lanes + i] += slope * step[i];
                }
            }
            for (Index t = 0; t < c.m; ++t) {
                for (Index i = 0; i < lanes; ++i) out[t * lanes + i] += c.mean(k)[t];
            }
        }
    }

    double* of(Index k) noexcept { return means_.data() + k * numbers_.m * lanes; }

private:
    const ConditionalNumbers& numbers_;
    std::vector<double> means_;  // (K, m, lanes)
};

/// The probabilities p(k | x) of eight rows, which sum to 1 in doubles.
class Shares {
public:
    explicit Shares(Index n_components) : shares_(n_components * lanes) {}

    template <class Tile>
    void load(const Tile& tile, Index first) {
        const Index n = signed_size(shares_) / lanes;
        double sums[lanes] = {};
        for (Index k = 0; k < n; ++k) {
            const auto* values = tile.values(k) + first;
            for (Index i = 0; i < lanes; ++i) sums[i] += shares_[k * lanes + i] = static_cast<double>(values[i]);
        }
        for (Index k = 0; k < n; ++k) {
            for (Index i = 0; i < lanes; ++i) shares_[k * lanes + i] /= sums[i];
        }
    }

    const double* of(Index k) const noexcept { return shares_.data() + k * lanes; }

private:
    std::vector<double> shares_;  // (K, lanes)
};

/// What a worker has for the rows of a tile, and the mean of y over components.
struct Storage {
    explicit Storage(const ConditionalNumbers& c)
        : block(c), shares(c.components.n_components), mean(c.m * lanes), n_components(c.components.n_components) {}

    template <class Tile>
    void compute(const Tile& tile, Index first) {
        block.compute(tile.rows().tile(), first);
        shares.load(tile, first);
    }

    /// Adds up the values of components, (m, lanes) each, that have a share.
    template <class Value>
    void average(std::vector<double>& out, Index size, Value value) {
        out.assign(size * lanes, 0.0);
        for (Index k = 0; k < n_components; ++k) {
            const double* share = shares.of(k);
            if (std::all_of(share, share + lanes, [](double each) { return each == 0; })) continue;
            for (Index t = 0; t < size; ++t) {
                for (Index i = 0; i < lanes; ++i) {
                    // Far rows overflow the values of components that have no part in them.
                    out[t * lanes + i] += share[i] == 0 ? 0 : share[i] * value(k, t, i);
                }
            }
        }
    }

    void average_means() {
        const Index m = signed_size(mean) / lanes;
        average(mean, m, [&](Index k, Index t, Index i) { return block.of(k)[t * lanes + i]; });
    }

    Block block;
    Shares shares;
    std::vector<double> mean;
    Index n_components;
};

/// Calls use(storage, tile, first, n) for eight rows at a time: rows from `first` of the tile, of which n count.
template <class Use>
void for_each_block(const ConditionalNumbers& c, const MatrixView& x, const rows::Plan& plan, estep::Finish finish,
                    const Execution& execution, Use use) {
    for_each_scored_tile(x, c.scorer.numbers(), execution, plan, finish, [&](auto& tile, Index) {
        Storage storage(c);
        parallel::Pace pace;
        for (Index first = 0; first < tile.n(); first += lanes) {
            pace.spend(2 * lanes * c.components.n_components * c.m * (c.g + 1));
            use(storage, tile, first, std::min(lanes, tile.n() - first));
        }
    });
}

/// The rows of a tile and their shares in doubles: the tile's own, or copies of floats.
class Wide {
public:
    template <class Tile>
    Wide(const Tile& from, Index n_components, const kernels::Table& table) {
        using Number = typename std::decay_t<Tile>::Number;
        const kernels::Tile<Number>& rows = from.rows().tile();
        tile.n_features = rows.n_features;
        if constexpr (std::is_same_v<Number, double>) {
            tile = rows;
            shares = from.values(0);
        } else {
            tile.n_rows = kernels::round_up(from.n(), table.f64.row_block);
            tile.stride = std::max<Index>(rows.stride, tile.n_rows);
            copy(rows.columns, rows.stride, from.n(), tile.n_features, columns_);
            copy(from.values(0), rows.stride, from.n(), n_components, shares_);
            tile.columns = columns_.data();
            shares = shares_.data();
        }
    }
    Wide(const Wide&) = delete;
    Wide& operator=(const Wide&) = delete;

    kernels::Tile<double> tile{};
    const double* shares = nullptr;

private:
    /// Copies columns; the rows that fill up the last block are copies of the last one.
    void copy(const float* from, Index stride, Index n, Index n_columns, std::vector<double>& to) const {
        to.resize(n_columns * tile.stride);
        for (Index j = 0; j < n_columns; ++j) {
            double* column = to.data() + j * tile.stride;
            std::copy_n(from + j * stride, n, column);
            std::fill(column + n, column + tile.n_rows, column[n - 1]);
        }
    }

    std::vector<double> columns_;
    std::vector<double> shares_;
};

/// Returns the plan for rows of the given features.
rows::Plan plan_of(const ConditionalNumbers& c, const MatrixView& x) { return checked_plan(x, c.scorer.numbers()); }

/// log N(y; mean, U^T U) up to the constant, for eight rows; `step` is y minus the mean, (m, lanes), and is overwritten
/// by U^-T of it.
void squared_lengths(const ConditionalNumbers& c, Index k, double* step, double* out) {
    const double* u = c.root(k);
    std::fill_n(out, lanes, 0.0);
    for (Index t = 0; t < c.m; ++t) {
        double* z = step + t * lanes;
        if (!c.separable) {
            for (Index s = 0; s < t; ++s) {
                const double entry = u[linalg::upper_index(s, t, c.m)];
                for (Index i = 0; i < lanes; ++i) z[i] -= entry * step[s * lanes + i];
            }
        }
        const double pivot = u[c.separable ? t : linalg::upper_index(t, t, c.m)];
        for (Index i = 0; i < lanes; ++i) {
            z[i] /= pivot;
            out[i] += z[i] * z[i];
        }
    }
}

/// log sum_k exp(a_k) for numbers of which one may be minus infinity, and not all.
double log_sum(const std::vector<double>& a) {
    const double best = *std::max_element(a.begin(), a.end());
    double sum = 0;
    for (const double each : a) sum += std::exp(each - best);
    return best + std::log(sum);
}

}  // namespace

Conditional::Conditional(const Parameters& given_parameters, std::vector<Index> given, const Execution& execution)
    : numbers_(std::make_unique<ConditionalNumbers>()) {
    const Parameters parameters = symmetrised(given_parameters);
    const Index d = parameters.n_features;
    const std::vector<bool> is_given = model::chosen(given, d, "given");
    ConditionalNumbers& c = *numbers_;
    c.g = signed_size(given);
    c.m = d - c.g;
    if (c.m == 0) text::invalid("given has all {} features: leave out those whose distribution is wanted", d);
    for (Index j = 0; j < d; ++j) {
        if (!is_given[j]) c.target.push_back(j);
    }
    const Parameters known = marginal(parameters, given);
    c.scorer = prepare(known, execution);
    c.given_means = known.means;

    const families::Family& family = families::get(parameters.covariance_type);
    c.separable = family.whitening.is_separable();
    c.n_factors = families::n_covariances(family, parameters.n_components);
    c.roots.resize(c.n_factors * c.root_size());
    if (c.separable) {
        for (Index k = 0; k < c.n_factors; ++k) {
            for (Index t = 0; t < c.m; ++t) {
                c.roots[k * c.m + t] = std::sqrt(family.variance(parameters, k, c.target[t]));
            }
        }
    } else {
        c.regressions.resize(c.n_factors * c.g * c.m);
        std::vector<Index> order = std::move(given);
        order.insert(order.end(), c.target.begin(), c.target.end());
        const rows::Context context(execution, c.n_factors);
        parallel::parallel_for(c.n_factors, context.n_threads, context.poll, [&](Index k, const parallel::Worker&) {
            factor(parameters, order, k, c, context.table);
        });
    }
    for (Index k = 0; k < c.n_factors; ++k) {
        double sum = 0;
        for (Index t = 0; t < c.m; ++t) {
            sum += std::log(c.root(k)[c.separable ? t : linalg::upper_index(t, t, c.m)]);
        }
        c.log_determinants.push_back(sum);
    }

    c.components.covariance_type = families::after(parameters.covariance_type, {true, false, false});
    c.components.n_components = parameters.n_components;
    c.components.n_features = c.m;
    c.components.weights = parameters.weights;
    for (Index k = 0; k < parameters.n_components; ++k) {
        for (const Index j : c.target) c.components.means.push_back(parameters.means[k * d + j]);
    }
    families::assemble(
        c.components, [&](Index k, Index t) { return c.covariance(k, t, t); },
        [&](Index k) {
            std::vector<double> matrix;
            for (Index s = 0; s < c.m; ++s) {
                for (Index t = 0; t < c.m; ++t) matrix.push_back(c.covariance(k, s, t));
            }
            return matrix;
        });
}

Conditional::~Conditional() = default;
Conditional::Conditional(const Conditional& other) : numbers_(std::make_unique<ConditionalNumbers>(*other.numbers_)) {}
Conditional::Conditional(Conditional&& other) noexcept = default;
Conditional& Conditional::operator=(const Conditional& other) {
    if (this != &other) numbers_ = std::make_unique<ConditionalNumbers>(*other.numbers_);
    return *this;
}
Conditional& Conditional::operator=(Conditional&& other) noexcept = default;

Index Conditional::n_components() const noexcept { return numbers_->components.n_components; }
Index Conditional::n_given() const noexcept { return numbers_->g; }
const std::vector<Index>& Conditional::target() const noexcept { return numbers_->target; }
const Scorer& Conditional::scorer() const noexcept { return numbers_->scorer; }
const Parameters& Conditional::components() const noexcept { return numbers_->components; }
const ConditionalNumbers& Conditional::numbers() const noexcept { return *numbers_; }

Parameters condition(const Conditional& conditional, const std::vector<double>& values, const Execution& execution) {
    const ConditionalNumbers& c = conditional.numbers();
    text::check_numbers("values", values, c.g, "one for each given feature");
    const MatrixView x = row_major(values, c.g);
    Parameters result = c.components;
    for_each_block(c, x, plan_of(c, x), estep::Finish::probabilities, execution,
                   [&](Storage& storage, const auto& tile, Index first, Index) {
                       storage.compute(tile, first);
                       for (Index k = 0; k < result.n_components; ++k) {
                           result.weights[k] = storage.shares.of(k)[0];
                           for (Index t = 0; t < c.m; ++t) {
                               result.means[k * c.m + t] = storage.block.of(k)[t * lanes];
                           }
                       }
                   });
    return result;
}

void means(const Conditional& conditional, const MatrixView& x, Output<double> out, const Execution& execution) {
    const ConditionalNumbers& c = conditional.numbers();
    const rows::Plan plan = plan_of(c, x);
    check_output(out, "out", x.n_rows, c.m);
    if (c.separable) {
        for_each_block(c, x, plan, estep::Finish::probabilities, execution,
                       [&](Storage& storage, const auto& tile, Index first, Index n) {
                           storage.compute(tile, first);
                           storage.average_means();
                           double* to = out.data + (tile.first() + first) * c.m;
                           for (Index i = 0; i < n; ++i) {
                               for (Index t = 0; t < c.m; ++t) *to++ = storage.mean[t * lanes + i];
                           }
                       });
        return;
    }
    const rows::Context context(execution, plan.n_chunks);
    const Index n_components = c.components.n_components;
    const kernels::Regressions lines{c.components.means.data(),        c.given_means.data(), c.regressions.data(),
                                     c.n_factors == 1 ? 0 : c.g * c.m, n_components,         c.m};
    for_each_scored_tile(x, c.scorer.numbers(), execution, plan, estep::Finish::probabilities, [&](auto& tile, Index) {
        const Wide wide(tile, n_components, context.table);
        std::vector<double> means(c.m * wide.tile.stride);
        context.table.average_regressions(wide.tile, wide.shares, lines, means.data());
        double* to = out.data + tile.first() * c.m;
        for (Index i = 0; i < tile.n(); ++i) {
            for (Index t = 0; t < c.m; ++t) *to++ = means[t * wide.tile.stride + i];
        }
        parallel::Pace().spend(2 * tile.n() * n_components * c.m * (c.g + 1));
    });
}

namespace {

/// Writes the covariance of each pair (s, t) that `pairs` lists, within and between components, (n_rows, pairs).
void second_moments(const ConditionalNumbers& c, const MatrixView& x, const std::vector<std::pair<Index, Index>>& pairs,
                    Output<double> out, const Execution& execution) {
    const rows::Plan plan = plan_of(c, x);
    const Index n_pairs = signed_size(pairs);
    check_output(out, "out", x.n_rows, n_pairs);
    std::vector<double> within;  // (n_factors, pairs)
    for (Index k = 0; k < c.n_factors; ++k) {
        for (const auto& [s, t] : pairs) within.push_back(c.covariance(k, s, t));
    }
    for_each_block(c, x, plan, estep::Finish::probabilities, execution,
                   [&](Storage& storage, const auto& tile, Index first, Index n) {
                       storage.compute(tile, first);
                       storage.average_means();
                       std::vector<double> sums;
                       storage.average(sums, n_pairs, [&](Index k, Index pair, Index i) {
                           const auto [s, t] = pairs[pair];
                           const double* mean = storage.block.of(k);
                           return within[c.own(k) * n_pairs + pair] +
                                  (mean[s * lanes + i] - storage.mean[s * lanes + i]) *
                                      (mean[t * lanes + i] - storage.mean[t * lanes + i]);
                       });
                       double* to = out.data + (tile.first() + first) * n_pairs;
                       for (Index i = 0; i < n; ++i) {
                           for (Index pair = 0; pair < n_pairs; ++pair) *to++ = sums[pair * lanes + i];
                       }
                   });
}

}  // namespace

void variances(const Conditional& conditional, const MatrixView& x, Output<double> out, const Execution& execution) {
    std::vector<std::pair<Index, Index>> pairs;
    for (Index t = 0; t < conditional.numbers().m; ++t) pairs.emplace_back(t, t);
    second_moments(conditional.numbers(), x, pairs, out, execution);
}

void covariances(const Conditional& conditional, const MatrixView& x, Output<double> out, const Execution& execution) {
    const Index m = conditional.numbers().m;
    std::vector<std::pair<Index, Index>> pairs;
    for (Index s = 0; s < m; ++s) {
        for (Index t = 0; t < m; ++t) pairs.emplace_back(std::min(s, t), std::max(s, t));
    }
    second_moments(conditional.numbers(), x, pairs, out, execution);
}

void score_samples(const Conditional& conditional, const MatrixView& x, const MatrixView& y, Output<double> out,
                   const Execution& execution) {
    const ConditionalNumbers& c = conditional.numbers();
    const rows::Plan plan = plan_of(c, x);
    rows::check(y, "Y");
    if (y.n_features != c.m) {
        text::invalid("Y has {} features, but {} are not given: give one column for each", y.n_features, c.m);
    }
    if (y.n_rows != x.n_rows) text::invalid("Y has {} rows, but X has {}: give one for each", y.n_rows, x.n_rows);
    check_output(out, "out", x.n_rows);
    const rows::Context context(execution, 1);
    rows::FiniteCheck finite;
    const auto score = [&](auto& tile, Index) {
        Storage storage(c);
        rows::TileBuffer<double> targets(plan.tile_rows, c.m, context.table);
        targets.load(y, {}, tile.first(), tile.n());
        if (!finite.inspect(targets.tile(), tile.first(), tile.n(), context.table)) return;
        std::vector<double> step(c.m * lanes);
        std::vector<double> logs(c.components.n_components * lanes);
        std::vector<double> joint(c.components.n_components);
        std::vector<double> given(joint.size());
        parallel::Pace pace;
        for (Index first = 0; first < tile.n(); first += lanes) {
            pace.spend(lanes * c.components.n_components * c.m * (2 * c.g + c.m));
            storage.block.compute(tile.rows().tile(), first);
            for (Index k = 0; k < c.components.n_components; ++k) {
                for (Index t = 0; t < c.m; ++t) {
                    const double* to = targets.tile().columns + t * targets.stride() + first;
                    for (Index i = 0; i < lanes; ++i) {
                        step[t * lanes + i] = to[i] - storage.block.of(k)[t * lanes + i];
                    }
                }
                double* length = logs.data() + k * lanes;
                squared_lengths(c, k, step.data(), length);
                for (Index i = 0; i < lanes; ++i) {
                    length[i] = -0.5 * length[i] - 0.5 * static_cast<double>(c.m) * linalg::log_two_pi -
                                c.log_determinants[c.own(k)];
                    if (!(length[i] > lowest)) length[i] = lowest;  // far beyond any density that a double holds
                }
            }
            for (Index i = 0; i < std::min(lanes, tile.n() - first); ++i) {
                for (Index k = 0; k < c.components.n_components; ++k) {
                    given[k] = static_cast<double>(tile.values(k)[first + i]);
                }
                const double best = *std::max_element(given.begin(), given.end());
                for (Index k = 0; k < c.components.n_components; ++k) {
                    given[k] -= best;
                    joint[k] = std::max(given[k] + logs[k * lanes + i], given[k] > lowest ? lowest : given[k]);
                }
                out.data[tile.first() + first + i] = std::max(log_sum(joint) - log_sum(given), lowest);
            }
        }
    };
    for_each_scored_tile(x, c.scorer.numbers(), execution, plan, estep::Finish::best, score);
    finite.finish();
}

void sample(const Conditional& conditional, const MatrixView& x, std::uint64_t seed, Output<double> y,
            Output<std::int64_t> labels, const Execution& execution) {
    const ConditionalNumbers& c = conditional.numbers();
    const rows::Plan plan = plan_of(c, x);
    check_output(y, "y", x.n_rows, c.m);
    check_output(labels, "labels", x.n_rows);
    const rows::Context context(execution, 1);
    const Index n_pairs = (c.m + 1) / 2;
    const auto draw = [&](Storage& storage, const auto& tile, Index first, Index n) {
        storage.compute(tile, first);
        model::Normals normals;
        normals.resize(n * n_pairs);
        const Index row = tile.first() + first;
        for (Index i = 0; i < n; ++i) {
            random::Generator generator(seed, static_cast<std::uint64_t>(row + i));
            double left = generator.uniform();
            Index chosen = 0;
            for (Index k = 0; k < c.components.n_components; ++k) {
                const double share = storage.shares.of(k)[i];
                if (share == 0) continue;
                chosen = k;
                left -= share;
                if (left < 0) break;
            }
            labels.data[row + i] = chosen;
            for (Index pair = 0; pair < n_pairs;) pair += normals.put(i * n_pairs + pair, generator.point()) ? 1 : 0;
        }
        normals.finish(context.table);
        for (Index i = 0; i < n; ++i) {
            const Index k = labels.data[row + i];
            const double* u = c.root(k);
            const double* z = normals.data() + i * 2 * n_pairs;
            for (Index t = 0; t < c.m; ++t) {
                double step = 0;
                if (c.separable) {
                    step = u[t] * z[t];
                } else {
                    for (Index s = 0; s <= t; ++s) step += u[linalg::upper_index(s, t, c.m)] * z[s];
                }
                y.data[(row + i) * c.m + t] = storage.block.of(k)[t * lanes + i] + step;
            }
        }
    };
    for_each_block(c, x, plan, estep::Finish::probabilities, execution, draw);
}

void quantiles(const Conditional& conditional, const MatrixView& x, const std::vector<double>& p, Output<double> out,
               const Execution& execution) {
    const ConditionalNumbers& c = conditional.numbers();
    const rows::Plan plan = plan_of(c, x);
    if (c.m != 1) text::invalid("quantiles need one target, but {} features are not given: give all but one", c.m);
    if (p.empty()) text::invalid("p is empty: give at least one probability");
    model::check_probabilities(p);
    const Index n_p = signed_size(p);
    check_output(out, "out", x.n_rows, n_p);
    const Index n_components = c.components.n_components;
    std::vector<double> deviations(n_components);
    for (Index k = 0; k < n_components; ++k) deviations[k] = c.root(k)[0];
    const auto solve = [&](Storage& storage, const auto& tile, Index first, Index n) {
        storage.compute(tile, first);
        std::vector<double> weights(n_components);
        std::vector<double> centres(n_components);
        parallel::Pace pace;
        for (Index i = 0; i < n; ++i) {
            for (Index k = 0; k < n_components; ++k) {
                weights[k] = storage.shares.of(k)[i];
                centres[k] = storage.block.of(k)[i];
            }
            for (Index q = 0; q < n_p; ++q) {
                constexpr Index flops = 1000;
                pace.spend(flops * n_components);
                out.data[(tile.first() + first + i) * n_p + q] =
                    model::quantile({weights.data(), centres.data(), deviations.data(), n_components}, p[q]);
            }
        }
    };
    for_each_block(c, x, plan, estep::Finish::probabilities, execution, solve);
}

}  // namespace gaussmix
