#include "estep/estep.hpp"

#include <algorithm>

#include "rows/allowed.hpp"

namespace gaussmix::estep {

template <class T>
Densities<T>::Densities(const whitening::Model<T>& model, Index tile_rows, const kernels::Table& table, Keeps keeps)
    : model_(model), kernels_(table.kernels<T>()), stride_(rows::tile_stride<T>(tile_rows)) {
    const Index d = model.scorer->n_features;
    if (keeps == Keeps::squares && model.form->has_squares()) {
        squares_ = linalg::AlignedBuffer<T>(model.scorer->n_components * stride_);
        squares_.fill_zero();  // squares of rows that are left out are multiplied by zero
    }
    work_ = linalg::AlignedBuffer<T>(model.form->work_size(d, kernels_.max_block));
    if (model.whitens_tiles()) whitened_ = linalg::AlignedBuffer<T>(model.form->whitened_size(d, stride_));
}

template <class T>
void Densities<T>::compute(const rows::TileBuffer<T>& rows, T* out) {
    const Index n_components = model_.scorer->n_components;
    const kernels::Tile<T> tile =
        model_.form->whiten_tile(model_, kernels_, rows.tile(), work_.data(), whitened_.data());
    for (Index k = 0; k < n_components; ++k) {
        rows.prefetch_next(k, n_components);
        compute(tile, {}, k, out + k * tile.stride, {}, true);
    }
    for (Index k = n_components; k < model_.scorer->n_terms(); ++k) {
        std::fill_n(out + k * tile.stride, tile.n_rows, model_.constant(k));
    }
}

template <class T>
void Densities<T>::compute(const kernels::Tile<T>& tile, kernels::Groups groups, Index k, T* out,
                           kernels::Cutoff<T> cutoff) {
    compute(tile, groups, k, out, cutoff, false);
}

template <class T>
void Densities<T>::compute(const kernels::Tile<T>& tile, kernels::Groups groups, Index k, T* out,
                           kernels::Cutoff<T> cutoff, bool is_whitened) {
    const Index n_rows = groups.first != nullptr ? groups.n * kernels::group_rows<T> : tile.n_rows;
    pace_.spend(n_rows * model_.form->flops(model_.scorer->n_features));
    T* squares = squares_.size() > 0 ? squares_.data() + k * stride_ : nullptr;
    model_.form->log_densities({model_, kernels_, tile, groups, k, cutoff, squares, work_.data(), out, is_whitened});
}

template class Densities<double>;
template class Densities<float>;

namespace {

template <class T>
class DenseExpectation final : public Expectation<T> {
public:
    DenseExpectation(const whitening::Model<T>& model, Finish finish, Index tile_rows, const kernels::Table& table,
                     Keeps keeps, Allowed allowed)
        : model_(model),
          finish_(finish),
          allowed_(allowed),
          kernels_(table.kernels<T>()),
          densities_(model, tile_rows, table, keeps) {}

    void find(const rows::TileBuffer<T>& rows, Index first, Index n, const Findings<T>& out) override {
        densities_.compute(rows, out.values);
        if (allowed_.view) rule_out(first, n, rows.stride(), out.values);
        const kernels::Components all{nullptr, model_.scorer->n_terms()};
        const Index n_rows = rows.tile().n_rows;
        const T* floor = model_.floor.data();
        switch (finish_) {
            case Finish::responsibilities:
                kernels_.responsibilities(out.values, n_rows, all, rows.stride(), floor, rows.weights(), out.sums);
                break;
            case Finish::probabilities:
                kernels_.responsibilities(out.values, n_rows, all, rows.stride(), nullptr, rows.weights(), out.sums);
                break;
            case Finish::assignments:
                kernels_.assign(out.values, n_rows, all, rows.stride(), floor, rows.weights(), out.sums);
                break;
            case Finish::best: kernels_.top(out.values, n_rows, all, rows.stride(), out.sums.best, out.owner); break;
            case Finish::nothing: break;
        }
    }

    double base() const noexcept override { return model_.base; }
    const T* squares(Index k) const noexcept override { return densities_.squares(k); }

private:
    void rule_out(Index first, Index n, Index stride, T* values) const {
        for (Index i = 0; i < n; ++i) {
            const Index row = rows::row_at(allowed_.order, first + i);
            rows::rule_out(allowed_.view, row, model_.scorer->n_terms(), stride, values + i);
        }
    }

    const whitening::Model<T>& model_;
    Finish finish_;
    Allowed allowed_;
    const kernels::Kernels<T>& kernels_;
    Densities<T> densities_;
};

}  // namespace

template <class T>
std::unique_ptr<Expectation<T>> dense(const whitening::Model<T>& model, Finish finish, Index tile_rows,
                                      const kernels::Table& table, Keeps keeps, Allowed allowed) {
    return std::make_unique<DenseExpectation<T>>(model, finish, tile_rows, table, keeps, allowed);
}

template std::unique_ptr<Expectation<double>> dense(const whitening::Model<double>&, Finish, Index,
                                                    const kernels::Table&, Keeps, Allowed);
template std::unique_ptr<Expectation<float>> dense(const whitening::Model<float>&, Finish, Index, const kernels::Table&,
                                                   Keeps, Allowed);

namespace {

/// Does the E-step of the tile, unless single precision is not enough for it.
bool expect_narrow(const whitening::Model<float>& model, Tile<float>& tile) {
    if (!tile.rows().within(model.reach)) return false;
    tile.expect();
    const float* best = tile.sums().best;
    return std::all_of(best, best + tile.rows().tile().n_rows, [](float b) { return b > whitening::farthest_narrow; });
}

}  // namespace

template <class T>
Tile<T>& EStep::tile(std::optional<Tile<T>>& tile, const Make<T>& make, Index& number) {
    const bool is_new = !tile;
    if (is_new) tile.emplace(walk_);
    if (is_new || number != method_.number) {
        tile->expect_by(make(method_.models == nullptr ? nullptr : method_.models->in<T>()));
        number = method_.number;
    }
    return *tile;
}

/// Returns whether weights times squares of rows stay within the range of floats.
bool EStep::has_ordinary_weights(Index first, Index n) const {
    constexpr double largest = 1e10;
    const rows::Data& rows = walk_.rows;
    if (!rows.weights) return true;
    for (Index i = first; i < first + n; ++i) {
        const double weight = rows.weights.data[rows::row_at(rows.order, i)];
        if (weight != 0 && !(weight <= largest && weight >= 1 / largest)) return false;
    }
    return true;
}

bool EStep::expect(Index first, Index n) {
    const whitening::Model<float>* model = method_.models == nullptr ? nullptr : method_.models->in<float>();
    if (model != nullptr && has_ordinary_weights(first, n)) {
        Tile<float>& narrow = tile(narrow_, method_.narrow, narrow_number_);
        if (!narrow.load(first, n)) return false;
        method_.models->centre(narrow.rows());
        is_narrow_ = expect_narrow(*model, narrow);
        if (is_narrow_) return true;
    }
    is_narrow_ = false;
    Tile<double>& wide = tile(wide_, method_.wide, wide_number_);
    if (!wide.load(first, n)) return false;
    if (walk_.finite != nullptr && !walk_.finite->inspect(wide.rows().tile(), first, n, walk_.rows.context.table)) {
        return false;
    }
    if (method_.models != nullptr) method_.models->centre(wide.rows());
    wide.expect();
    return true;
}

}  // namespace gaussmix::estep
