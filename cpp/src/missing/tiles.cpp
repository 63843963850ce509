#include "missing/tiles.hpp"

#include <algorithm>

#include "rows/allowed.hpp"

namespace gaussmix::missing {

Tile::Tile(const Walk& walk)
    : walk_(walk),
      gathered_(walk.plan.tile_rows * walk.rows.x.n_features),
      weights_(walk.plan.tile_rows),
      values_(walk.mixture.scorer().n_terms() * rows::tile_stride<double>(walk.plan.tile_rows)),
      best_(walk.plan.tile_rows),
      sum_(walk.plan.tile_rows),
      owner_(walk.plan.tile_rows),
      log_densities_(walk.plan.tile_rows) {}

void Tile::go_to(Index pattern) {
    densities_.reset();
    model_.reset();
    walk_.mixture.marginal(walk_.patterns, pattern, marginal_);
    model_.emplace(marginal_.scorer);
    const Index q = signed_size(marginal_.seen);
    if (q == 0) return;
    const kernels::Table& table = walk_.rows.context.table;
    densities_.emplace(*model_, walk_.plan.tile_rows, table);
    if (!rows_ || rows_->tile().n_features != q) rows_.emplace(walk_.plan.tile_rows, q, table, walk_.layouts);
}

bool Tile::load(Index first, Index n) {
    const kernels::Table& table = walk_.rows.context.table;
    first_ = first;
    n_ = n;
    n_rows_ = kernels::round_up(n, table.f64.row_block);
    double* weights = weights_.data();
    for (Index i = 0; i < n; ++i) weights[i] = walk_.rows.weights ? walk_.rows.weights.data[row(i)] : 1;
    std::fill(weights + n, weights + n_rows_, 0.0);
    const std::vector<Index>& seen = marginal_.seen;
    if (seen.empty()) return std::any_of(weights, weights + n, [](double weight) { return weight > 0; });
    const Index q = signed_size(seen);
    rows::read_features(walk_.rows.x, n, [this](Index i) { return row(i); }, seen, gathered_.data());
    const WeightsView given = walk_.rows.weights ? WeightsView{weights, n} : WeightsView{};
    rows_->load(row_major(gathered_.data(), n, q), given, 0, n);
    return rows_->replace_zero_weight_rows();
}

void Tile::expect(estep::Finish finish) {
    if (densities_) {
        densities_->compute(*rows_, values_.data());
    } else {
        for (Index k = 0; k < marginal_.scorer.n_terms(); ++k) std::fill_n(values(k), n_rows_, model_->constant(k));
    }
    if (walk_.rows.allowed) rule_out();
    const kernels::Kernels<double>& kernels = walk_.rows.context.table.f64;
    const kernels::Components all{nullptr, marginal_.scorer.n_terms()};
    const double* floor = finish == estep::Finish::responsibilities ? model_->floor.data() : nullptr;
    if (finish == estep::Finish::best) {
        kernels.top(values_.data(), n_rows_, all, stride(), best_.data(), owner_.data());
    } else {
        kernels.responsibilities(values_.data(), n_rows_, all, stride(), floor, weights_.data(), sums());
    }
}

void Tile::rule_out() {
    for (Index i = 0; i < n_; ++i) {
        rows::rule_out(walk_.rows.allowed, row(i), marginal_.scorer.n_terms(), stride(), values_.data() + i);
    }
}

const double* Tile::log_densities() {
    walk_.rows.context.table.f64.log_sum_exp(sums(), n_rows_, log_densities_.data());
    return log_densities_.data();
}

}  // namespace gaussmix::missing
