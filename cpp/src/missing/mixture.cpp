#include "missing/mixture.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/layout.hpp"
#include "linalg/constants.hpp"
#include "parallel/parallel.hpp"
#include "text/invalid.hpp"
#include "whitening/whitening.hpp"

namespace gaussmix::missing {
namespace {

using kernels::components_block;
using kernels::packed_index;
using kernels::packed_size;

/// Lets a buffer hold at least `size` numbers.
void make_room(linalg::AlignedBuffer<double>& buffer, Index size) {
    if (signed_size(buffer) < size) buffer = linalg::AlignedBuffer<double>(size);
}

}  // namespace

void check(const ScorerNumbers& scorer) {
    if (!scorer.has_background() || scorer.box.known()) return;
    text::invalid(
        "X has missing values, and of the noise only the volume is known, not its part of each feature: give the noise "
        "log_widths and middle, or fit with noise");
}

Mixture::Mixture(const ScorerNumbers& scorer, const rows::Context& context)
    : scorer_(scorer),
      table_(context.table),
      separable_(whitening::of(scorer).is_separable()),
      n_blocks_((scorer.n_components + components_block - 1) / components_block) {
    if (separable_) return;
    const Index d = scorer.n_features;
    roots_ = linalg::AlignedBuffer<double>(scorer.n_components * d * d);
    covariances_ = linalg::AlignedBuffer<double>(n_blocks_ * packed_size(d) * components_block);
    parallel::parallel_for(n_blocks_, context.n_threads, context.poll, [&](Index block, const parallel::Worker&) {
        double* covariances = covariances_.data() + block * packed_size(d) * components_block;
        for (Index lane = 0; lane < components_block; ++lane) {
            const Index k = block * components_block + lane;
            if (k >= scorer.n_components) {  // ones on the diagonal: any matrix that can be factored
                for (Index i = 0; i < d; ++i) {
                    for (Index j = 0; j <= i; ++j) {
                        covariances[packed_index(i, j) * components_block + lane] = i == j ? 1 : 0;
                    }
                }
                continue;
            }
            double* root = roots_.data() + k * d * d;
            whitening::invert_factor(whitening::factor_of(scorer, k), d, context.table, root);
            parallel::Pace pace;
            for (Index i = 0; i < d; ++i) {
                pace.spend(i * i);
                for (Index j = 0; j <= i; ++j) {
                    double sum = 0;
                    for (Index l = 0; l <= j; ++l) sum += root[i * d + l] * root[j * d + l];
                    covariances[packed_index(i, j) * components_block + lane] = sum;
                }
            }
        }
    });
}

double Mixture::deviation(Index k, Index feature) const noexcept {
    const whitening::Form& form = whitening::of(scorer_);
    return 1 / whitening::factor_of(scorer_, k)[form.diagonal_at(feature)];
}

double Mixture::variance(Index k, Index feature) const noexcept {
    const double own = deviation(k, feature);
    return own * own;
}

void Mixture::marginal(const rows::Patterns& patterns, Index pattern, Marginal& out) const {
    const Index n_components = scorer_.n_components;
    const Index d = scorer_.n_features;
    out.seen.clear();
    out.unseen.clear();
    for (Index j = 0; j < d; ++j) (patterns.has(pattern, j) ? out.seen : out.unseen).push_back(j);
    const Index q = signed_size(out.seen);
    const Index m = d - q;

    ScorerNumbers& marginal = out.scorer;
    const whitening::Form& form = separable_ ? whitening::of(scorer_) : whitening::full;
    marginal.whitening = form.kind;
    marginal.n_components = n_components;
    marginal.n_features = q;
    marginal.weights = scorer_.weights;
    marginal.log_constants = scorer_.log_constants;
    marginal.means.resize(n_components * q);
    marginal.factors.assign(n_components * form.factor_size(q), 0.0);
    for (Index k = 0; k < n_components; ++k) {
        for (Index i = 0; i < q; ++i) marginal.means[k * q + i] = scorer_.means[k * d + out.seen[i]];
        marginal.log_constants[k] += 0.5 * static_cast<double>(m) * linalg::log_two_pi;
    }
    if (scorer_.has_background()) {
        for (const Index j : out.unseen) marginal.log_constants.back() += scorer_.box.log_widths[j];
    }
    if (separable_) {
        for (Index k = 0; k < n_components; ++k) {
            const double* factor = whitening::factor_of(scorer_, k);
            double* own = marginal.factors.data() + k * form.factor_size(q);
            for (Index i = 0; i < q; ++i) own[form.diagonal_at(i)] = factor[form.diagonal_at(out.seen[i])];
            for (const Index j : out.unseen) marginal.log_constants[k] += std::log(deviation(k, j));
        }
        return;
    }
    make_room(out.root, n_blocks_ * packed_size(d) * components_block);
    make_room(out.inverse_diagonal, n_blocks_ * d * components_block);
    make_room(out.inverse, n_blocks_ * packed_size(d) * components_block);
    make_room(out.slopes, n_blocks_ * d * d / 4 * components_block + components_block);
    make_room(out.spread, n_blocks_ * packed_size(d) * components_block);
    for (Index block = 0; block < n_blocks_; ++block) {
        factor(out, block);
        const double* inverse = out.inverse.data() + block * packed_size(q) * components_block;
        const double* root = out.root.data() + block * packed_size(d) * components_block;
        for (Index lane = 0; lane < components_block; ++lane) {
            const Index k = block * components_block + lane;
            if (k >= n_components) break;
            double* own = marginal.factors.data() + k * form.factor_size(q);
            for (Index i = 0; i < q; ++i) {
                for (Index j = 0; j <= i; ++j) {
                    own[kernels::packed_factor_index(i, j)] = inverse[packed_index(i, j) * components_block + lane];
                }
            }
            for (Index i = q; i < d; ++i) {
                marginal.log_constants[k] += std::log(root[packed_index(i, i) * components_block + lane]);
            }
        }
    }
}

/// Factors a block of components with the features of the marginal first.
void Mixture::factor(Marginal& out, Index block) const {
    const Index d = scorer_.n_features;
    const Index q = signed_size(out.seen);
    const Index m = d - q;
    const double* from = covariances_.data() + block * packed_size(d) * components_block;
    double* root = out.root.data() + block * packed_size(d) * components_block;
    double* inverse_diagonal = out.inverse_diagonal.data() + block * d * components_block;
    const auto feature = [&](Index i) { return i < q ? out.seen[i] : out.unseen[i - q]; };
    double* to = root;
    for (Index i = 0; i < d; ++i) {
        for (Index j = 0; j <= i; ++j, to += components_block) {
            const Index a = feature(i);
            const Index b = feature(j);
            std::copy_n(from + packed_index(std::max(a, b), std::min(a, b)) * components_block, components_block, to);
        }
    }
    if (!table_.factor_components(root, d, inverse_diagonal)) {
        for (Index lane = 0; lane < components_block; ++lane) {
            factor_safely(out, block * components_block + lane, root + lane, inverse_diagonal + lane);
        }
    }
    table_.condition_components(root, inverse_diagonal, d, q,
                                out.inverse.data() + block * packed_size(q) * components_block,
                                out.slopes.data() + block * m * q * components_block,
                                out.spread.data() + block * packed_size(m) * components_block);
}

/// Does it for one component without squaring: with the rows of L in their new order, [L_oo; L_mo] Q = triangle, by
/// modified Gram-Schmidt, each row orthogonalised twice (Giraud, Langou and Rozloznik 2005).
void Mixture::factor_safely(const Marginal& marginal, Index k, double* root, double* inverse_diagonal) const {
    const Index d = scorer_.n_features;
    const bool exists = k < scorer_.n_components;
    std::vector<double> axes(d * d);
    const Index q = signed_size(marginal.seen);
    for (Index i = 0; i < d; ++i) {
        double* row = axes.data() + i * d;
        for (Index j = 0; j < i; ++j) root[packed_index(i, j) * components_block] = 0;
        if (!exists) {
            root[packed_index(i, i) * components_block] = inverse_diagonal[i * components_block] = 1;
            continue;
        }
        const Index feature = i < q ? marginal.seen[i] : marginal.unseen[i - q];
        std::copy_n(roots_.data() + (k * d + feature) * d, d, row);
        for (int time = 0; time < 2; ++time) {
            for (Index j = 0; j < i; ++j) {
                const double* axis = axes.data() + j * d;
                double along = 0;
                for (Index l = 0; l < d; ++l) along += row[l] * axis[l];
                for (Index l = 0; l < d; ++l) row[l] -= along * axis[l];
                root[packed_index(i, j) * components_block] += along;
            }
        }
        double square = 0;
        for (Index l = 0; l < d; ++l) square += row[l] * row[l];
        const double length = std::max(std::sqrt(square), std::numeric_limits<double>::min());
        for (Index l = 0; l < d; ++l) row[l] /= length;
        root[packed_index(i, i) * components_block] = length;
        inverse_diagonal[i * components_block] = 1 / length;
    }
}

}  // namespace gaussmix::missing
