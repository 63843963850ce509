#include "rows/finite.hpp"

#include <cmath>
#include <string>

#include "gaussmix/error.hpp"
#include "text/format.hpp"

namespace gaussmix {
namespace {

std::string describe(double value) {
    if (std::isnan(value)) return "NaN";
    return value > 0 ? "infinity" : "-infinity";
}

}  // namespace

NotFinite::NotFinite(double value, std::int64_t row, std::int64_t feature)
    : Error(Errc::not_finite,
            text::format("X has {} at row {}, column {}: remove or impute such rows{}", describe(value), row, feature,
                         std::isnan(value) ? ", or fit around what is missing with missing=\"em\"" : "")),
      value_(value),
      row_(row),
      feature_(feature) {}

namespace rows {

bool FiniteCheck::inspect(const kernels::Tile<double>& tile, Index first, Index n, const kernels::Table& table) {
    bool finite = true;
    for (Index j = 0; j < tile.n_features && finite; ++j) {
        finite = table.is_finite(tile.columns + j * tile.stride, tile.n_rows);
    }
    if (finite) return true;

    const std::lock_guard<std::mutex> lock(mutex_);
    for (Index i = 0; i < n && first + i < row_; ++i) {
        for (Index j = 0; j < tile.n_features; ++j) {
            const double value = tile.columns[j * tile.stride + i];
            if (std::isfinite(value)) continue;
            row_ = first + i;
            feature_ = j;
            value_ = value;
            break;
        }
    }
    return false;
}

void FiniteCheck::finish() const {
    if (row_ != std::numeric_limits<Index>::max()) throw NotFinite(value_, row_, feature_);
}

}  // namespace rows
}  // namespace gaussmix
