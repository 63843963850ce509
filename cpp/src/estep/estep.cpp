#include "estep/estep.hpp"

#include <algorithm>

namespace gaussmix::estep {
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
        method_.models->prepare(narrow.rows());
        is_narrow_ = expect_narrow(*model, narrow);
        if (is_narrow_) return true;
    }
    is_narrow_ = false;
    Tile<double>& wide = tile(wide_, method_.wide, wide_number_);
    if (!wide.load(first, n)) return false;
    if (walk_.finite != nullptr && !walk_.finite->inspect(wide.rows().tile(), first, n, walk_.rows.context.table)) {
        return false;
    }
    if (method_.models != nullptr) method_.models->prepare(wide.rows());
    wide.expect();
    return true;
}

}  // namespace gaussmix::estep
